import type { ClientPlan, ClientStep, DigdirClient, WantedClient } from '../../domain/client-plan.ts';
import { Problem } from '../../domain/problem.ts';
import { systemEntry } from '../audit.ts';
import { oweProbe } from '../operator/owe-probe.ts';
import { lockClient } from '../operator/show-client.ts';
import { keysLease, takeLease } from './lease.ts';
import { makeClients } from './make-client.ts';
import { proveKeys } from './prove-keys.ts';
import type { SelfServiceToken } from './self-service-token.ts';
import { settleKeys, type Wish } from './settle-keys.ts';
import { type SyncParts, syncing } from './sync-parts.ts';

const has = ({ steps }: ClientPlan, ...some: ClientStep['do'][]): boolean =>
  steps.some((step) => some.includes(step.do));
const named = ({ steps }: ClientPlan, what: ClientStep['do']): string[] =>
  steps.flatMap((step) => (step.do === what ? step.of : []));

/**
 * Does what a plan says, in an order in which nothing that works stops working: the client, its scopes, then its keys, which are
 * tried before anything is believed of them. Whatever part was done before is found done. Answers what should be known.
 *
 * @throws Problem
 */
export const applyPlan = (parts: SyncParts, token: SelfServiceToken) => {
  const { clock, store, selfService } = parts;
  const { makeThere, takeHere, addKey } = makeClients(parts, token);
  const settle = settleKeys(parts, token);
  const prove = proveKeys(parts);

  const scopesThere = async (plan: ClientPlan, there: DigdirClient, signal: AbortSignal): Promise<void> => {
    if (!has(plan, 'add-scopes', 'remove-scopes')) return;
    const bearer = await token(signal);
    // As it is now: others may have changed it since.
    const now = (await selfService.findClient(bearer, there.clientId, signal)) ?? there;
    const removed = named(plan, 'remove-scopes');
    const scopes = [...new Set([...now.scopes, ...named(plan, 'add-scopes')])].filter((one) => !removed.includes(one));
    await selfService.changeScopes(bearer, now, scopes, signal);
  };

  const scopesHere = (id: string, { scopes }: WantedClient): Promise<void> =>
    store.asOperator(async (rows) => {
      const client = await lockClient(rows, id);
      const updatedAt = clock.now();
      await rows.clients.save({ ...client, scopes, updatedAt });
      if (client.stoppedAt || client.keys.some(({ state }) => state === 'pending')) await oweProbe(rows, id, updatedAt);
      const details = { name: client.name, scopes };
      await rows.audit.add(systemEntry(parts, syncing, 'maskinporten-client.changed', id, details));
    });

  const keys = async (id: string, clientId: string, wish: Wish, signal: AbortSignal): Promise<void> => {
    const lease = await takeLease(parts, keysLease(clientId));
    if (!lease) throw new Problem('selfservice-unavailable', `Another process changes the keys of ${clientId}.`);
    let isKnown = true;
    try {
      await settle(id, lease, wish, signal);
    } catch (error) {
      isKnown = !(error instanceof Problem && error.code === 'selfservice-outcome-unknown');
      throw error;
    } finally {
      if (isKnown) await lease.drop();
    }
  };

  return async (
    {
      wanted,
      plan,
      ours,
      theirs,
      known,
    }: {
      wanted: WantedClient;
      plan: ClientPlan;
      /** Its id here. */
      ours: string | undefined;
      theirs: DigdirClient | undefined;
      /** All that the hub has at Digdir. */
      known: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<{ clientId: string; notes: string[] }> => {
    const there = theirs ?? (await makeThere(wanted, known, signal));
    const { clientId } = there;
    const id = ours ?? (await takeHere(wanted, clientId));
    await scopesThere(plan, there, signal);
    if (has(plan, 'note-scopes')) await scopesHere(id, wanted);
    if (has(plan, 'make-key')) await addKey(id);
    const isOfKeys = has(plan, 'make-key', 'add-keys', 'remove-keys', 'renew-keys', 'prune-keys');
    if (!isOfKeys) return { clientId, notes: [] };
    const wish = { whole: true, renew: has(plan, 'renew-keys'), prune: has(plan, 'prune-keys') };
    await keys(id, clientId, wish, signal);
    const { givenUp, open } = await prove(id, signal);
    if (givenUp.length > 0) {
      await keys(id, clientId, {}, signal);
      throw new Problem(
        'key-refused',
        `${givenUp.join(', ')} was refused to the end: its registration was taken back.`,
      );
    }
    const many = open.length === 1 ? 'was' : 'were';
    return {
      clientId,
      notes: open.length === 0 ? [] : [`${open.join(', ')} ${many} not taken yet: workers go on trying`],
    };
  };
};
