import { expect } from 'vitest';
import { type EventStream, openEventStream } from '../support/event-stream.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn } from './chance.ts';
import { openDeafLine } from './deaf-line.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';

/** Promised: whoever may follow no longer follows no longer than that. */
const endsWithinMs = 5000;
/** Where no notice comes: the next look of its own, and a little for a machine that is busy. */
const looksWithinMs = 7500;

const ping = async (hub: FaultHub, many = 1) => {
  const [endpoint] = await hub.rows('select id from webhook_endpoints where tenant_id = $1', [hub.banks.bank.id]);
  for (let turn = 0; turn < many; turn++)
    expect((await hub.call('bank', 'POST', `/v1/webhook-endpoints/${endpoint?.['id']}/test`)).status).toBe(202);
};

const engine = engines[0] ?? 'postgresql';

faultTest(
  'an API that hears nothing tells events all the same, and ends streams whose key is revoked',
  engine,
  async (hub) => {
    const line = await openDeafLine(hub.databaseUrl);
    try {
      const deaf = await hub.startApi('deaf api', 0, { DATABASE_DIRECT_URL: line.url });
      const made = await hub.call('bank', 'POST', '/v1/api-keys', { name: 'short', scopes: ['events:read'] });
      const [kept, short] = await Promise.all([
        openEventStream(deaf.url, hub.banks.bank.key),
        openEventStream(deaf.url, String(made.body['key'])),
      ]);
      const insurer = await openEventStream(deaf.url, hub.banks.insurer.key);
      line.goDeaf();
      const saidAt = performance.now();
      await ping(hub, 3);
      expect((await kept.got(3)).map(({ event }) => event.sequence)).toEqual([1, 2, 3]);
      expect(performance.now() - saidAt).toBeLessThan(looksWithinMs);
      expect(line.swallowed()).toBeGreaterThan(0);

      const endsInTime = async (stream: EventStream, act: () => Promise<{ status: number }>) => {
        expect((await act()).status).toBeLessThan(300);
        const doneAt = performance.now();
        const { at, how } = await stream.ended;
        expect(how).toBe('ended');
        expect(at - doneAt).toBeLessThan(endsWithinMs);
      };
      await endsInTime(short, () => hub.call('bank', 'DELETE', `/v1/api-keys/${made.body['id']}`));
      const { id } = hub.banks.insurer;
      await endsInTime(insurer, () => hub.call('operator', 'POST', `/operator/v1/tenants/${id}/suspend`));
      expect(kept.isOpen()).toBe(true);
      kept.close();
    } finally {
      await line.close();
    }
  },
);

for (const { row, chance, label } of drawn('streams-go-on', [engine], 1))
  faultTest(
    `streams of APIs that are killed, told to stop and cut off from the database tell every event once, ${label}`,
    row,
    async (hub) => {
      const apis: [HubProcess, HubProcess] = [await hub.startApi('first'), await hub.startApi('second')];
      const seen: number[] = [];
      let last: number | undefined;
      // Where it begins is known before the first event.
      const first = await openEventStream(hub.api.url, hub.banks.bank.key);
      let lastEventId = await until('where it begins', () => first.lastId() || undefined);
      first.close();
      const isAll = (many: number) => last !== undefined && many >= last;
      /** Comes back wherever somebody answers, as a client does. */
      const follow = async () => {
        while (!isAll(seen.length)) {
          const stream = await until('an API to stream', async () => {
            const { url } = chance.oneOf(apis);
            const opened = await openEventStream(url, hub.banks.bank.key, { lastEventId }).catch(() => undefined);
            return opened?.status === 200 && opened;
          });
          await until('it to end', () => !stream.isOpen() || isAll(seen.length + stream.events.length), 120_000);
          stream.close();
          await stream.ended;
          seen.push(...stream.events.map(({ event }) => event.sequence));
          lastEventId = stream.lastId();
        }
      };
      const following = follow();
      const faults = [
        async () => {
          await apis[0].kill();
          apis[0] = await hub.startApi('first, again');
        },
        async () => {
          expect(await apis[1].stop()).toBe(0);
          apis[1] = await hub.startApi('second, again');
        },
        () =>
          hub.rows(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name like 'samtykkehub%'`,
          ),
      ];
      const begin = chance.whole(0, 2);
      for (const fault of [...faults.slice(begin), ...faults.slice(0, begin)]) {
        const faulty = fault();
        await until('the hub to take some', () =>
          ping(hub, 8).then(
            () => true,
            () => false,
          ),
        );
        await faulty;
        await ping(hub);
      }
      const [counter] = await hub.rows('select last_sequence::int as last from tenant_counters where tenant_id = $1', [
        hub.banks.bank.id,
      ]);
      last = Number(counter?.['last']);
      await following;
      expect(seen).toEqual(Array.from({ length: last }, (_, place) => place + 1));
    },
  );
