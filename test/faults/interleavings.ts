import { mustCall } from '../../src/cli/call-json.ts';
import { operatorOrgno } from '../support/hub-test.ts';
import type { Fault } from '../support/sandbox-control.ts';
import type { Chance } from './chance.ts';
import type { FaultHub } from './hub-of-processes.ts';

export const income = 'skatteetaten:inntekt';
export const taxBasis = 'skatteetaten:summertskattegrunnlag';

type Client = { id: string; clientId: string; name: string; purpose: string };
type Step = { often: number; does(): Promise<unknown> };

/** A second client of ours for the same scope, registered at the sandbox too; answers how the scope is moved between both. */
const secondClient = async (hub: FaultHub) => {
  const path = '/operator/v1/maskinporten-clients';
  const clientId = 'c0ffee00-0000-4000-8000-000000000001';
  const { items } = (await hub.call('operator', 'GET', path)).body as unknown as { items: Client[] };
  const first = String(items.find(({ name }) => name === 'Income')?.id);
  const ask = { name: 'Income 2', clientId, purpose: 'data', scopes: [], key: { generate: true } };
  const second = String((await hub.call('operator', 'POST', path, ask)).body['id']);
  const jwks = (await hub.call('operator', 'GET', `${path}/${second}/jwks.json`)).body;
  const registered = { clientId, name: 'Income 2', scopes: [income], jwks };
  await mustCall('POST', `${hub.sandbox.url}/sandbox/clients`, undefined, registered);
  let holder = first;
  return async () => {
    const next = holder === first ? second : first;
    // Both hold it for a moment: at no time does none.
    await hub.call('operator', 'PATCH', `${path}/${next}`, { scopes: [income] });
    await hub.call('operator', 'PATCH', `${path}/${holder}`, { scopes: [] });
    holder = next;
  };
};

/**
 * What may happen between one caller and the next, in an order that chance decides: Maskinporten's answers stand still, come
 * late, in another order or not at all; renewals fall due; leases lapse; listeners break; delegations come and go; tenants
 * are suspended; the scope moves to another client of ours.
 */
export const openInterleavings = async (
  hub: FaultHub,
  chance: Chance,
  tenants: readonly [{ id: string; orgno: string }, ...{ id: string; orgno: string }[]],
) => {
  const { sandbox, rows } = hub;
  const moveScope = await secondClient(hub);
  let holds = 0;
  const put = (fault: Fault) => sandbox.fault('token', fault, chance.whole(1, 2));
  const delegating = tenants.map(({ orgno }) => orgno).filter((orgno) => orgno !== operatorOrgno) as [string];
  const suspended = new Set<string>();
  const steps: Step[] = [
    {
      often: 3,
      does() {
        holds += 1;
        return put({ kind: 'hold', when: chance.oneOf(['before', 'after']), name: `hold-${holds}` });
      },
    },
    {
      often: 4,
      async does() {
        const [one, ...others] = await sandbox.holds();
        if (one) await sandbox.release(chance.oneOf([one, ...others]).name);
      },
    },
    { often: 2, does: () => put({ kind: 'delay', ms: chance.whole(20, 600) }) },
    { often: 1, does: () => put({ kind: 'reset', when: chance.oneOf(['before', 'after']) }) },
    { often: 1, does: () => put({ kind: 'status', status: 503 }) },
    {
      often: 3,
      async does() {
        // A renewal is not made before its time: as if they had come a while ago.
        await rows(`update tokens set fetched_at = fetched_at - interval '10 seconds'`);
        await rows(`update outbox set due_at = now() where job = 'refresh-token'`);
        await rows(`select pg_notify('hub', '["work:refresh-token"]')`);
      },
    },
    { often: 2, does: () => rows('update tokens set leased_until = clock_timestamp() where leased_until is not null') },
    {
      often: 1,
      does: () =>
        rows(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'samtykkehub listener'`),
    },
    {
      often: 2,
      async does() {
        const orgno = chance.oneOf(delegating);
        const scope = chance.oneOf([income, taxBasis]);
        if (chance.oneOf([true, false])) await sandbox.undelegate(orgno, operatorOrgno, scope);
        else await sandbox.delegate(orgno, operatorOrgno, scope);
      },
    },
    {
      often: 1,
      async does() {
        const { id } = chance.oneOf(tenants);
        const verb = suspended.delete(id) ? 'resume' : 'suspend';
        if (verb === 'suspend') suspended.add(id);
        await hub.call('operator', 'POST', `/operator/v1/tenants/${id}/${verb}`);
      },
    },
    { often: 1, does: moveScope },
  ];
  const bag = steps.flatMap((step) => Array.from({ length: step.often }, () => step)) as [Step];
  return {
    next: () => chance.oneOf(bag).does(),
    /** All that was put out of joint is put right. */
    async calm(): Promise<void> {
      await sandbox.clear();
      for (const orgno of delegating)
        for (const scope of [income, taxBasis]) await sandbox.delegate(orgno, operatorOrgno, scope);
      for (const id of suspended) await hub.call('operator', 'POST', `/operator/v1/tenants/${id}/resume`);
    },
  };
};
