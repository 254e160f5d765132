import { expect } from 'vitest';
import { type Answer, callJson } from '../../src/cli/call-json.ts';
import { engines, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn } from './chance.ts';
import { openDeafLine } from './deaf-line.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';

const scope = 'skatteetaten:inntekt';

/** What a process remembers of keys, tenants and tokens is never more than this behind. */
const behindMs = 5000;
/** Much less than that: only a notice can have told. */
const atOnceMs = 2500;

/** Each is taken away through another process; answers when that is done. */
type Change = { name: string; look(api: HubProcess): Promise<Answer>; refused: string; takeAway(): Promise<number> };

const token = (hub: FaultHub, who: 'bank' | 'insurer', api: HubProcess) =>
  hub.call(who, 'POST', '/v1/tokens', { scope }, undefined, api);

const changes = async (hub: FaultHub): Promise<Change[]> => {
  const { banks, sandbox, rows } = hub;
  const { body } = await hub.call('bank', 'POST', '/v1/api-keys', { name: 'short', scopes: ['tokens:read'] });
  return [
    {
      name: 'a revoked key',
      look: (api) => callJson('POST', `${api.url}/v1/tokens`, String(body['key']), { scope }),
      refused: '401 /problems/unauthorized',
      async takeAway() {
        expect((await hub.call('bank', 'DELETE', `/v1/api-keys/${body['id']}`)).status).toBe(204);
        return performance.now();
      },
    },
    {
      name: 'a suspended tenant',
      look: (api) => token(hub, 'insurer', api),
      refused: '403 /problems/tenant-suspended',
      async takeAway() {
        const { status } = await hub.call('operator', 'POST', `/operator/v1/tenants/${banks.insurer.id}/suspend`);
        expect(status).toBe(200);
        return performance.now();
      },
    },
    {
      name: 'a token whose access was lost',
      look: (api) => token(hub, 'bank', api),
      refused: '409 /problems/access-not-delegated',
      async takeAway() {
        await until('the use to be noted', async () => {
          const used = await rows('select 1 from tokens where tenant_id = $1 and used_at is not null', [banks.bank.id]);
          return used.length > 0;
        });
        await sandbox.undelegate(banks.bank.orgno, operatorOrgno, scope);
        // As if two minutes had passed: a renewal is not made before its time.
        await rows(`update tokens set fetched_at = fetched_at - interval '2 minutes'`);
        await rows(`update outbox set due_at = now() where job = 'refresh-token'`);
        await rows(`select pg_notify('hub', '["work:refresh-token"]')`);
        return until('the token to be dropped', async () => {
          const held = await rows('select 1 from tokens where tenant_id = $1 and token_sealed is not null', [
            banks.bank.id,
          ]);
          return held.length === 0 && performance.now();
        });
      },
    },
  ];
};

/** How long after it was taken away a call could still begin and succeed, at each API. */
const outlives = async (change: Change, apis: HubProcess[]): Promise<number[]> => {
  for (const api of apis) expect(await change.look(api), `${change.name} at first`).toMatchObject({ status: 200 });
  const taken = change.takeAway();
  const lastSuccess = apis.map(async (api) => {
    let succeededAt = 0;
    await until(`${change.name} to be refused by ${api.name}`, async () => {
      const beganAt = performance.now();
      const { status, body } = await change.look(api);
      if (status === 200) succeededAt = beganAt;
      else expect(`${status} ${body['type']}`).toBe(change.refused);
      return status !== 200;
    });
    return succeededAt;
  });
  const takenAt = await taken;
  return (await Promise.all(lastSuccess)).map((at) => Math.max(0, at - takenAt));
};

for (const { row: engine, label } of drawn('never-behind', engines, 1))
  faultTest(
    `revoked keys, suspended tenants and lost tokens end at once, and within 5 s where nothing is heard, ${label}`,
    engine,
    async (hub) => {
      const line = await openDeafLine(hub.databaseUrl);
      try {
        const [hearing, deaf] = await Promise.all([
          hub.startApi('hearing api'),
          hub.startApi('deaf api', 0, { DATABASE_DIRECT_URL: line.url }),
        ]);
        line.goDeaf();
        for (const change of await changes(hub)) {
          const [heard = 0, unheard = 0] = await outlives(change, [hearing, deaf]);
          expect(heard, change.name).toBeLessThan(atOnceMs);
          expect(unheard, change.name).toBeLessThan(behindMs);
        }
        expect(line.swallowed()).toBeGreaterThan(0);
      } finally {
        await line.close();
      }
    },
    underLoad,
  );
