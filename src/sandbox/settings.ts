/** What a test or a developer may change while the sandbox runs (`POST /sandbox/settings`). */
export type Settings = {
  /** Events younger than this stay out of the feed, as at Altinn. */
  feedLagMs: number;
  /** How long a key that was just posted on a client stays unknown to the token endpoint. */
  keyPropagationMs: number;
  /** How long until the token endpoint knows what was changed through the self-service API: 0 to 120 s in the real one. */
  selfServiceDelaySeconds: number;
  /** Whether the operator has signed the terms of use of the self-service API. */
  selfServiceTermsSigned: boolean;
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
  /** A call that was reset `late` lands at some moment within this time. */
  landsWithinMs: number;
  /** Altinn 2: requests whose latest change is younger than this stay out of its list. */
  altinn2ListLagMs: number;
  /** Altinn 2: so many requests or consents on a page of a list; the real figure is known for one list only. */
  altinn2PageSize: number;
  /** Altinn 2: its pages disagree on the names of the scopes for consent tokens. */
  altinn2TokenScopes: 'any' | 'bare' | 'suffixed';
  /** Altinn 2: `as-seen` writes a single service without metadata as a string; `commas` is how one page shows metadata. */
  altinn2Services: 'as-seen' | 'array' | 'commas';
  /** Altinn 2: guides write PascalCase, the help pages camelCase. */
  altinn2Names: 'pascal' | 'camel';
  /** Altinn 2: seen in an answer, and in the OpenAPI document. */
  altinn2ErrorNames: 'ErrorMessage' | 'errorDescription';
  /** Altinn 2: whether times in answers carry an offset; in the guides they do not, and mean Oslo. */
  altinn2Offsets: boolean;
  /** Altinn 2: which of the two published certificates signs consent tokens. */
  altinn2SigningKey: 'primary' | 'secondary';
  altinn2TokenLifeSeconds: number;
};

export const firstSettings = (): Settings => ({
  feedLagMs: 300_000,
  keyPropagationMs: 0,
  selfServiceDelaySeconds: 0,
  selfServiceTermsSigned: true,
  grantMaxLifeSeconds: 120,
  tokenLifeSeconds: 120,
  clockSkewMs: 0,
  altinnLookupDown: false,
  createdInFeed: true,
  metadataCasing: 'metadata',
  eventTypeCasing: 'pascal',
  landsWithinMs: 60_000,
  altinn2ListLagMs: 0,
  altinn2PageSize: 1000,
  altinn2TokenScopes: 'any',
  altinn2Services: 'as-seen',
  altinn2Names: 'pascal',
  altinn2ErrorNames: 'ErrorMessage',
  altinn2Offsets: false,
  altinn2SigningKey: 'primary',
  altinn2TokenLifeSeconds: 30,
});
