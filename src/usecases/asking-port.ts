import type { AskedStatus } from '../domain/access-request.ts';

/** Which way tells who has delegated to the operator. */
export type DelegationsFrom = 'supplier-list' | 'owner-lookup';

export type FindDelegations = {
  from: DelegationsFrom;
  /** What the operator's own token must say. */
  scope: string;
  /**
   * Organisations that have delegated this scope to the operator now; undefined where this way cannot tell.
   *
   * @throws Problem `altinn-unavailable`, `delegations-not-shown`
   */
  consumersOf(scope: string, token: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
};

/** Which way a tenant's administrators are asked. */
export type AskingBy = 'altinn2-delegation-requests';
export type Asked = { upstreamId: string; status: AskedStatus };

/** Asks a consumer's administrators to delegate to the operator. @throws Problem `altinn-unavailable`, `altinn-refused`, … */
export type AskForAccess = {
  by: AskingBy;
  /** What the operator's own token must say. */
  scopes: { read: string; write: string };
  /** Not to be repeated in the unknown: look with `findOpen` first. `returnTo`: where the administrator's browser goes afterwards. */
  ask(
    wish: { orgno: string; name: string; service: string; returnTo: string; message: string },
    token: string,
    signal: AbortSignal,
  ): Promise<Asked>;
  /** One that has not been answered yet. */
  findOpen(wish: { orgno: string; service: string }, token: string, signal: AbortSignal): Promise<Asked | undefined>;
  /** Undefined where it is not there (any more). */
  read(upstreamId: string, token: string, signal: AbortSignal): Promise<AskedStatus | undefined>;
};
