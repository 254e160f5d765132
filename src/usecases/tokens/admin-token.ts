import { signingOrder } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys } from '../memory.ts';
import type { IssuedToken, Ports, SigningKey } from '../ports.ts';
import type { UsableClient } from './find-client.ts';

/** A token is not begun with when it ends that soon. */
const marginMs = 15_000;

/** Our client that acts for ourselves with this scope. @throws Problem `client-missing` */
const adminAmong = (clients: readonly ClientWithKeys[], scope: string): UsableClient => {
  const holders = clients.filter(({ purpose, scopes }) => purpose === 'admin' && scopes.includes(scope));
  if (holders.length === 0) throw new Problem('client-missing', `No client for admin holds the scope ${scope}`);
  const usable = holders.flatMap((client) => {
    const [key] = signingOrder(client.keys);
    return key?.state === 'active' ? [{ client, key }] : [];
  });
  const best = usable.find(({ client }) => client.stoppedAt === undefined) ?? usable[0];
  if (!best) throw new Problem('client-missing', `The client for admin that holds the scope ${scope} has no key ready`);
  return best;
};

type Parts = Pick<Ports, 'clock' | 'maskinporten'> & {
  settings: Pick<Ports['settings'], 'operatorOrgno'>;
  clients(): Promise<readonly ClientWithKeys[]>;
  keyOf(by: UsableClient): Promise<SigningKey>;
};

/**
 * Tokens that the operator has for itself, each used while it lives: what it keeps elsewhere as an organisation of its own,
 * and no tenant's. They are in this process alone, and never handed out.
 */
export const openAdminTokens = ({ clock, maskinporten, settings, clients, keyOf }: Parts) => {
  const known = new Map<string, Promise<IssuedToken>>();
  const fetched = async (scope: string, signal: AbortSignal): Promise<IssuedToken> => {
    const by = adminAmong(await clients(), scope);
    const { clientId } = by.client;
    const consumer = settings.operatorOrgno;
    return maskinporten.requestToken({ clientId, key: await keyOf(by), scopes: [scope], consumer }, signal);
  };
  return async (scope: string, signal: AbortSignal): Promise<string> => {
    const held = known.get(scope);
    const current = await held?.catch(() => undefined);
    if (current && current.expiresAt.getTime() - clock.now().getTime() > marginMs) return current.token;
    // Several may find it ended at once: the first of them asks for the next.
    if (known.get(scope) === held) known.set(scope, fetched(scope, signal));
    return (await (known.get(scope) ?? fetched(scope, signal))).token;
  };
};
