import type { DigdirClient } from '../domain/client-plan.ts';
import type { ListedKey } from '../domain/key-set.ts';

/**
 * Digdir's self-service API for our own clients, with a token of our `admin` client. Nothing is tried twice: what changes
 * something is not harmless to repeat, and whoever asks looks first.
 *
 * @throws Problem `selfservice-…`: of whose move it is; `selfservice-outcome-unknown` where a change may or may not be made
 */
export type SelfService = {
  /** Those that are closed are not among them. */
  listClients(token: string, signal: AbortSignal): Promise<DigdirClient[]>;
  findClient(token: string, clientId: string, signal: AbortSignal): Promise<DigdirClient | undefined>;
  createClient(
    token: string,
    ask: { name: string; description: string; scopes: readonly string[] },
    signal: AbortSignal,
  ): Promise<DigdirClient>;
  /** The whole client is sent back; it has these scopes then, and no others. */
  changeScopes(token: string, client: DigdirClient, scopes: readonly string[], signal: AbortSignal): Promise<void>;
  readKeys(token: string, clientId: string, signal: AbortSignal): Promise<ListedKey[]>;
  /** The whole set is replaced, and must not be empty. Keys begin their year anew, but for those with an `exp` of their own. */
  writeKeys(token: string, clientId: string, keys: readonly ListedKey[], signal: AbortSignal): Promise<void>;
  /** Scopes that we were granted ourselves; what our tenants were granted is not told here. */
  grantedScopes(token: string, signal: AbortSignal): Promise<{ scope: string; state: string }[]>;
};
