import { scopesNamed } from './token.ts';

export const clientWarningCodes = [
  'scopes-mixed',
  'lives-mixed',
  'key-expiring',
  'key-expired',
  'key-pending',
  'key-unusable',
  'client-stopped',
  'no-key',
] as const;

/** What an operator should know of a client at Maskinporten. */
export type ClientWarning = { code: (typeof clientWarningCodes)[number]; detail: string };

/** A client as operators see it. */
export type Examined<Client> = Client & { warnings: ClientWarning[] };

/** Longest life of a token with that scope, in seconds, as its owner set it; 0: none set. Without a scope that is not public. */
export type LongestLives = Record<string, number>;

/** Where a worker keeps them for all processes. */
export const keptLives = 'longest lives of scopes';

/** How clients are looked at. */
export type ScopesKnown = { consentScope: string; dataScopes: readonly string[]; lives?: LongestLives };

type Scoped = { purpose: string; scopes: readonly string[] };

/**
 * One client administers consents, others read data: the key of a client that holds both would, once stolen, both ask for
 * consents and read what they open, and a change for one purpose would stop the other.
 */
const mixedScopes = ({ purpose, scopes }: Scoped, { consentScope, dataScopes }: ScopesKnown): ClientWarning[] => {
  const isConsents = (scope: string) => scopesNamed(consentScope).includes(scope);
  const consents = scopes.filter(isConsents);
  const data = scopes.filter((scope) => !isConsents(scope) && dataScopes.includes(scope));
  const others = purpose === 'consents' ? data : purpose === 'data' ? consents : [...consents, ...data];
  if (others.length === 0) return [];
  const many = others.length > 1 ? 'belong' : 'belongs';
  return [
    {
      code: 'scopes-mixed',
      detail: `${others.join(', ')} ${many} to a client of another purpose: register one for it, and take it from this one`,
    },
  ];
};

const lifeInWords = (seconds: number): string => (seconds === 0 ? 'has no limit' : `lives ${seconds} s at most`);

/** Only the consent API's scopes may share a token, and it lives no longer than the shortest of them lets it. */
const mixedLives = ({ purpose, scopes }: Scoped, { consentScope, lives = {} }: ScopesKnown): ClientWarning[] => {
  const shared = scopesNamed(consentScope);
  if (purpose !== 'consents' || !shared.every((scope) => scopes.includes(scope))) return [];
  const known = shared.flatMap((scope) => (lives[scope] === undefined ? [] : [{ scope, seconds: lives[scope] }]));
  if (new Set(known.map(({ seconds }) => seconds)).size < 2) return [];
  const told = known.map(({ scope, seconds }) => `${scope} ${lifeInWords(seconds)}`).join(', ');
  return [
    {
      code: 'lives-mixed',
      detail: `${told}: in one token the shortest life counts; leave out of ALTINN3_CONSENT_SCOPE what is not needed`,
    },
  ];
};

export const clientWarnings = (client: Scoped, known: ScopesKnown): ClientWarning[] => [
  ...mixedScopes(client, known),
  ...mixedLives(client, known),
];
