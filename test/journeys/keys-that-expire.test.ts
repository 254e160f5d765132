import { expect } from 'vitest';
import { certify } from '../support/enterprise-certificate.ts';
import { hubTest, operatorOrgno } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { day, hour, inTime, minute } from './in-time.ts';

hubTest('the year of a key: whoever is on duty is told at 60, 30, 14 and 7 days before its end', async (world) => {
  const { call, sandbox, logs, metricsUrl } = world;
  const client = await operatorsClient(world, 'Income');
  expect((await call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).status).toBe(200);
  const [key] = (await client.seen()).keys;
  const kid = String(key?.kid);
  const leftMs = async () => new Date(String(key?.expiresAt)).getTime() - (await sandbox.now()).getTime();
  expect(await leftMs()).toBeGreaterThan(364 * day);
  const told = () =>
    logs
      .map((line) => JSON.parse(line) as { msg: string; kid?: string; days?: number; level: string })
      .filter((line) => line.msg.startsWith('a signing key ends soon') && line.kid === kid)
      .map(({ days, level }) => `${level} ${days}`);

  await sandbox.advance((await leftMs()) - 61 * day);
  await world.settled();
  expect((await client.seen()).warnings).toEqual([]);
  for (const [days, lines] of [
    [60, 1],
    [30, 2],
    [14, 3],
    [7, 4],
  ] as const) {
    await sandbox.advance((await leftMs()) - days * day + hour / 2);
    await inTime(world, `to be told ${days} days before`, minute, async () => told().length >= lines);
    await sandbox.advance(2 * hour);
    await world.settled();
    expect(told()).toEqual(['warn 60', 'warn 30', 'warn 14', 'warn 7'].slice(0, lines));
    expect((await client.seen()).warnings).toEqual([
      { code: 'key-expiring', detail: expect.stringContaining(`${kid} ends in ${days - 1} days, on `) },
    ]);
  }
  const metrics = await (await fetch(metricsUrl)).text();
  const value = (name: string) => Number(new RegExp(`^${name}.*client="Income".* (\\S+)$`, 'm').exec(metrics)?.[1]);
  expect(Math.round(value('hub_maskinporten_key_expires_seconds') / (24 * 60 * 60))).toBe(7);
  expect(Math.round(value('hub_maskinporten_key_age_seconds') / (24 * 60 * 60))).toBe(358);
  expect(value('hub_maskinporten_client_stopped')).toBe(0);

  // The same key registered anew has another year.
  await call('operator', 'PATCH', `${client.path}/keys/${key?.id}`, {
    registeredAt: (await sandbox.now()).toISOString(),
  });
  expect((await client.seen()).warnings).toEqual([]);
  const tomorrow = new Date((await sandbox.now()).getTime() + day).toISOString();
  expect(await call('operator', 'PATCH', `${client.path}/keys/${key?.id}`, { registeredAt: tomorrow })).toMatchObject({
    status: 422,
    body: { errors: [{ field: '/registeredAt' }] },
  });
});

hubTest(
  'a key that has a name ends a year after it was registered, also with a certificate beside it',
  async (world) => {
    const { call, sandbox } = world;
    const client = await operatorsClient(world, 'Income');
    const own = certify({ seid2: operatorOrgno, from: '2020-01-01', to: '2036-01-01' });
    const added = await call('operator', 'POST', `${client.path}/keys`, {
      pem: own.keyPem,
      kid: 'named-and-certified',
      certificateChain: [own.base64],
    });
    expect(added.status).toBe(201);
    const named = async () => (await client.seen()).keys.find(({ kid }) => kid === 'named-and-certified');
    const registeredAt = new Date((await sandbox.now()).getTime() - 300 * day);
    await call('operator', 'PATCH', `${client.path}/keys/${(await named())?.id}`, { registeredAt });
    expect(await named()).toMatchObject({ expiresAt: new Date(registeredAt.getTime() + 365 * day).toISOString() });
  },
);
