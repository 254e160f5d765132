/** What a test or a developer may change while the sandbox runs (`POST /sandbox/settings`). */
export type Settings = {
  /** Events younger than this stay out of the feed, as at Altinn. */
  feedLagMs: number;
  /** How long a key that was just posted on a client stays unknown to the token endpoint. */
  keyPropagationMs: number;
  /** Longest `exp - iat` of a grant; the documented 120, while 180 has been seen. */
  grantMaxLifeSeconds: number;
  /** Life of a token where neither client nor scope says less. */
  tokenLifeSeconds: number;
  /**
   * How far Maskinporten's clock is ahead of everybody's, or behind when negative: in its checks of grants, in its tokens and
   * in its `Date` headers. Whoever is shown a token reads its times by that clock too, so that tokens fit.
   */
  clockSkewMs: number;
  /** Maskinporten cannot reach Altinn: neither delegations nor consents can be looked up. */
  altinnLookupDown: boolean;
  /** Whether `Created` is in the feed (since June 2026 it is). */
  createdInFeed: boolean;
  /** Both spellings have been seen inside consent tokens. */
  metadataCasing: 'metadata' | 'metaData';
  /** Altinn's code writes PascalCase, its pages say lower case. */
  eventTypeCasing: 'pascal' | 'lower';
};

export const firstSettings = (): Settings => ({
  feedLagMs: 300_000,
  keyPropagationMs: 0,
  grantMaxLifeSeconds: 120,
  tokenLifeSeconds: 120,
  clockSkewMs: 0,
  altinnLookupDown: false,
  createdInFeed: true,
  metadataCasing: 'metadata',
  eventTypeCasing: 'pascal',
});
