import { signingOrder } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys } from '../memory.ts';
import type { IssuedToken, Ports, SigningKey } from '../ports.ts';
import type { UsableClient } from './find-client.ts';
import { whileItLives } from './while-it-lives.ts';

/** Our client that acts for ourselves with these scopes, and has a key. One that works comes before one that is stopped. */
export const adminClient = (clients: readonly ClientWithKeys[], scope: string): ClientWithKeys | undefined => {
  const wanted = scopesNamed(scope);
  const fit = clients.filter(
    ({ purpose, scopes, keys }) =>
      purpose === 'admin' && wanted.every((one) => scopes.includes(one)) && signingOrder(keys)[0]?.state === 'active',
  );
  return fit.find(({ stoppedAt }) => stoppedAt === undefined) ?? fit[0];
};

/** The same with the key that it signs with. @throws Problem `client-missing` */
const adminAmong = (clients: readonly ClientWithKeys[], scope: string): UsableClient => {
  const client = adminClient(clients, scope);
  const [key] = client ? signingOrder(client.keys) : [];
  if (client && key) return { client, key };
  const isHeld = clients.some(({ purpose, scopes }) => purpose === 'admin' && scopes.includes(scope));
  throw new Problem(
    'client-missing',
    isHeld
      ? `The client for admin that holds the scope ${scope} has no key ready`
      : `No client for admin holds the scope ${scope}`,
  );
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
  const fetched = async (scope: string, signal: AbortSignal): Promise<IssuedToken> => {
    const by = adminAmong(await clients(), scope);
    const { clientId } = by.client;
    const consumer = settings.operatorOrgno;
    return maskinporten.requestToken({ clientId, key: await keyOf(by), scopes: [scope], consumer }, signal);
  };
  const byScope = new Map<string, (signal: AbortSignal) => Promise<IssuedToken>>();
  return async (scope: string, signal: AbortSignal): Promise<string> => {
    const known = byScope.get(scope) ?? whileItLives(clock, (first: AbortSignal) => fetched(scope, first));
    byScope.set(scope, known);
    return (await known(signal)).token;
  };
};
