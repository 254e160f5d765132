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
