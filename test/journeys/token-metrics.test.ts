import { expect } from 'vitest';
import { hubTest } from '../support/hub-test.ts';
import { metricOf } from '../support/metric-of.ts';
import { until } from '../support/until.ts';

const scope = 'skatteetaten:inntekt';

hubTest(
  'metrics tell where tokens came from, who waited for another’s, and how long they still lived',
  async (world) => {
    const { call, sandbox, metricsUrl } = world;
    const metric = (name: string, labels = {}) => metricOf(metricsUrl, name, labels);
    const read = (resource: string) => call('bank', 'POST', '/v1/tokens', { scope, resource });

    await sandbox.fault('token', { kind: 'hold', when: 'before', name: 'slow' });
    const together = Promise.all(Array.from({ length: 4 }, () => read('https://data.example/a')));
    await sandbox.parked('slow');
    await until('three to wait for the first', async () => (await metric('hub_token_waits_total')) === 3);
    await sandbox.release('slow');
    for (const { status } of await together) expect(status).toBe(200);
    expect((await read('https://data.example/a')).status).toBe(200);
    // A scope that nobody offers is no read; what Maskinporten refuses is one.
    expect((await call('bank', 'POST', '/v1/tokens', { scope: 'nobody:offers' })).status).toBe(403);
    await sandbox.undelegate('313876144', '310149942', scope);
    expect((await read('https://data.example/b')).status).toBe(409);

    const from = (where: string) => metric('hub_token_reads_total', { from: where });
    expect(await from('fetched')).toBe(4);
    expect((await from('memory')) + (await from('row'))).toBe(1);
    expect(await from('refused')).toBe(1);
    expect(await metric('hub_token_left_seconds_count')).toBe(5);
    expect(await metric('hub_token_left_seconds_sum')).toBeGreaterThan(5 * 10);
  },
);
