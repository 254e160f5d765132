import { type ListedKey, mostListed, planSet, type SetPlan } from '../../domain/key-set.ts';
import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { SelfService } from '../selfservice-port.ts';
import type { Lease } from './lease.ts';
import { noteSet } from './note-set.ts';
import type { SelfServiceToken } from './self-service-token.ts';

type Key = ClientWithKeys['keys'][number];
export type Wish = NonNullable<Parameters<typeof planSet>[3]>;
type Needed = Pick<Parts, 'clock' | 'ids' | 'store' | 'log'> & {
  selfService: Pick<SelfService, 'readKeys' | 'writeKeys'>;
};

const fullOr = ({ isFull, taken, adds }: SetPlan<Key>): void => {
  if (taken.length > 0)
    throw new Problem('selfservice-refused', `Another key is registered as ${taken.join(', ')}: it is left as it is.`);
  if (isFull && adds.length > 0)
    throw new Problem('selfservice-keys-full', `No room for ${adds.map(({ kid }) => kid).join(', ')}.`);
};

/** Is what was written what is there now? A key that vanished from it, ours or not, was lost between reading and writing. */
const verify = (written: readonly ListedKey[], found: readonly ListedKey[], clientId: string): void => {
  const kids = new Set(found.map(({ kid }) => kid));
  const missing = written.filter(({ kid }) => !kids.has(kid));
  if (missing.length === 0 && found.length === written.length) return;
  throw new Problem(
    'selfservice-outcome-unknown',
    `The key set of ${clientId} is not what was written: ${missing.map(({ kid }) => kid).join(', ') || 'it has more keys'}.`,
  );
};

/**
 * Brings a client's key set at Digdir to what the hub wants of it: reads it, and where anything is to be changed writes the whole of
 * it and reads it again. Whatever happened before, it begins with what is there; so it may end at any step, and be begun anew.
 *
 * @throws Problem `selfservice-…`
 */
export const settleKeys =
  (parts: Needed, token: SelfServiceToken) =>
  async (clientId: string, lease: Lease, wish: Wish, signal: AbortSignal): Promise<SetPlan<Key> | undefined> => {
    const { clock, store, selfService, log } = parts;
    const note = noteSet(parts);
    const bearer = await token(signal);
    const lookUp = () =>
      store.asOperator(async (rows) => (await rows.clients.list()).find(({ id }) => id === clientId));
    const theirs = (await lookUp())?.clientId;
    if (theirs === undefined) return undefined;
    const set = await selfService.readKeys(bearer, theirs, signal);
    // As it is after that: a key that is retired meanwhile is taken away the next time.
    const client = await note(clientId, set);
    if (!client) return undefined;
    const plan = planSet(client.keys, set, clock.now(), wish);
    if (!plan.write) return plan;
    fullOr(plan);
    if (plan.write.length > mostListed || !(await lease.hold()))
      throw new Problem('selfservice-unavailable', `Another process changes the keys of ${theirs}.`);
    await selfService.writeKeys(bearer, theirs, plan.write, signal);
    const found = await selfService.readKeys(bearer, theirs, signal);
    await note(clientId, found);
    verify(plan.write, found, theirs);
    const kids = (keys: readonly Key[]) => keys.map(({ kid }) => kid);
    log.info(
      { client: client.name, added: kids(plan.adds), removed: kids(plan.removes) },
      'self-service: a key set was changed',
    );
    return plan;
  };
