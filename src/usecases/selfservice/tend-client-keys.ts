import { isRotationDue } from '../../domain/key-rotation.ts';
import { afterRetiringMs, isHopeless } from '../../domain/key-set.ts';
import { Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { systemEntry } from '../audit.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { adminClient } from '../tokens/admin-token.ts';
import { askMaskinporten } from '../tokens/ask-maskinporten.ts';
import type { Work } from '../use-cases.ts';
import { beginRotation } from './begin-rotation.ts';
import { giveUpKey } from './give-up-key.ts';
import { keysLease, leaseMs, takeLease } from './lease.ts';
import { selfServiceToken } from './self-service-token.ts';
import { settleKeys } from './settle-keys.ts';

/** While a key waits to be proved, its set is looked at so often. */
const watchMs = 60_000;
const busyMs = 5000;

/**
 * Looks after one client's key set at Digdir: registers a key that is to be proved, takes away the registration of one that has
 * retired, gives up one that is refused long after it should be known, and begins an exchange whose time has come. Does nothing
 * where the self-service API is not set up. Each run begins with what is there, so it may be stopped anywhere.
 */
export const tendClientKeys = (parts: Parts): Work => {
  const { clock, store, log, settings } = parts;
  const { isSet, scope, rotationDays } = settings.selfService;
  const settle = settleKeys(parts, selfServiceToken(parts));
  const maskinporten = askMaskinporten(parts);
  const find = (id: string): Promise<{ client?: ClientWithKeys | undefined; isOpen: boolean }> =>
    store.asOperator(async (rows) => {
      const clients = await rows.clients.list();
      return { client: clients.find((one) => one.id === id), isOpen: adminClient(clients, scope) !== undefined };
    });

  /** Whoever looks at the key that waits sees why. */
  const tell = ({ id }: ClientWithKeys, problem: Problem): Promise<void> =>
    store.asOperator(async (rows) => {
      const client = await rows.clients.lock(id);
      for (const { id: keyId, state, listedAt } of client?.keys ?? [])
        if (state === 'pending' && !listedAt)
          await rows.clients.saveKey({ id: keyId, problem: linkedProblem(settings, problem) });
    });

  /** The set becomes again what it was before that key. */
  const giveUp = async (client: ClientWithKeys, signal: AbortSignal): Promise<boolean> => {
    const hopeless = client.keys.filter((key) => isHopeless(key, clock.now()));
    const [ask] = client.scopes.map((one) => ({ scopes: [one], consumer: settings.operatorOrgno }));
    let isAny = false;
    for (const key of hopeless) {
      // The refusal that is kept may be an old one.
      if (!ask || (await maskinporten.verdictOn(client, key, ask, signal)) !== 'refused') continue;
      isAny = (await giveUpKey(parts, client.id, key)) || isAny;
    }
    return isAny;
  };

  const begin = (id: string): Promise<void> =>
    store.asOperator(async (rows) => {
      const client = await rows.clients.lock(id);
      if (rotationDays === undefined || !client || !isRotationDue(client, rotationDays, clock.now())) return;
      if (await beginRotation(parts, rows, client, (...said) => systemEntry(parts, 'selfservice', ...said)))
        log.info({ client: client.name }, 'a signing key is old enough: another is made to follow it');
    });

  return async ({ subjectId }, signal) => {
    const { client, isOpen } = await find(subjectId);
    if (!isSet || !client || !isOpen) return undefined;
    const inMs = (ms: number) => new Date(clock.now().getTime() + ms);
    const lease = await takeLease(parts, keysLease(client.clientId));
    if (!lease) return { nextAt: inMs(Math.min(leaseMs(parts), busyMs)) };
    let isKnown = true;
    let later: Date | undefined;
    try {
      later = (await settle(client.id, lease, {}, signal))?.nextAt;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // What was sent may still arrive: until the lease ends nobody sends anything else.
      isKnown = error.code !== 'selfservice-outcome-unknown';
      if (problems[error.code].mover === 'operator') await tell(client, error);
      throw error;
    } finally {
      if (isKnown) await lease.drop();
    }
    const { client: now } = await find(subjectId);
    if (!now) return undefined;
    if (await giveUp(now, signal)) return { nextAt: inMs(afterRetiringMs) };
    await begin(now.id);
    const waits = now.keys.some(({ state, listedAt }) => state === 'pending' && listedAt !== undefined);
    const times = [...(later ? [later] : []), ...(waits ? [inMs(watchMs)] : [])].map((at) => at.getTime());
    return times.length === 0 ? undefined : { nextAt: new Date(Math.min(...times)) };
  };
};
