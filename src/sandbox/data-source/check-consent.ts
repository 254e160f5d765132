import { type AccessClaims, orgnoIn, scopesIn } from '../bearer.ts';
import type { Ask, Reply } from '../exchange.ts';
import { altinnAsDelegationSource } from '../first-world.ts';
import { parseInstant } from '../instants.ts';

/** Why the data source does not answer. Codes of its own: each public body has its own. */
const refusals = {
  'token-invalid': { status: 401, title: 'The token is missing, expired or not signed by Maskinporten' },
  'scope-missing': { status: 403, title: 'The token lacks the scope of this API' },
  'delegation-source-unknown': { status: 403, title: 'The token names a supplier, but no delegation register we know' },
  'consent-missing': { status: 403, title: 'The token carries no consent' },
  'consent-not-for-consumer': { status: 403, title: 'The consent was given to another organisation than the consumer' },
  'consent-other-person': { status: 403, title: 'The consent was given by somebody else than the one asked about' },
  'consent-expired': { status: 403, title: 'The consent is no longer valid' },
  'consent-not-covering': { status: 403, title: 'The consent covers neither this data nor this period' },
} as const;

export type DataRefusal = keyof typeof refusals;

export const refuse = (code: DataRefusal): Reply => {
  const { status, title } = refusals[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(status === 401 && { 'www-authenticate': 'Bearer error="invalid_token"' }),
    },
    body: { type: `urn:sandbox:data:${code}`, title, status, code },
  };
};

/** Names without regard to case: samples of tokens disagree on `metadata`. */
const member = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
};

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** One that Altinn moved from Altinn 2 is named after the service it had there: `skd_4804_210607`. */
const isOf = (value: unknown, { resource, services = [] }: Pick<Wanted, 'resource' | 'services'>): boolean =>
  value === resource || services.some((service) => String(value).endsWith(`_${service}`));

const metadataFor = (right: unknown, wanted: Wanted): Record<string, string> | undefined => {
  const named = list(member(right, 'resource')).some(
    (one) => member(one, 'type') === 'urn:altinn:resource' && isOf(member(one, 'value'), wanted),
  );
  const metadata = member(right, 'metadata') ?? {};
  if (!named || typeof metadata !== 'object') return undefined;
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), String(value)]));
};

const fromOf = (subject: string): string =>
  subject.length === 11
    ? `urn:altinn:person:identifier-no:${subject}`
    : `urn:altinn:organization:identifier-no:${subject}`;

export type Wanted = { scope: string; resource: string; services?: string[]; subject: string };

/** Who may ask at all: a good token with this API's scope, and a delegation from where delegations come from. */
export const callingConsumer = (
  claims: AccessClaims | undefined,
  scope: string,
): { consumer: string; claims: AccessClaims } | { refused: DataRefusal } => {
  if (!claims) return { refused: 'token-invalid' };
  if (!scopesIn(claims).includes(scope)) return { refused: 'scope-missing' };
  const consumer = orgnoIn(claims.consumer);
  if (consumer === undefined) return { refused: 'token-invalid' };
  const source = typeof claims.delegation_source === 'string' ? claims.delegation_source : '';
  // One trailing slash more or less has been seen.
  const isKnown = source.replace(/\/$/, '') === altinnAsDelegationSource.replace(/\/$/, '');
  if (claims.supplier !== undefined && !isKnown) return { refused: 'delegation-source-unknown' };
  return { consumer, claims };
};

/**
 * What a data source checks in a token whose signature and times are good, without asking Altinn. Answers the metadata
 * of each right that covers the resource: the same one may be there several times, for several years.
 */
export const consentedMetadata = (
  given: AccessClaims | undefined,
  wanted: Wanted,
  now: Date,
): { metadata: Record<string, string>[] } | { refused: DataRefusal } => {
  const { scope, subject } = wanted;
  const caller = callingConsumer(given, scope);
  if ('refused' in caller) return caller;
  const { claims, consumer } = caller;

  const consent = list(claims.authorization_details).find((detail) => member(detail, 'type') === 'urn:altinn:consent');
  if (consent === undefined || typeof member(consent, 'id') !== 'string') return { refused: 'consent-missing' };
  if (orgnoIn(member(consent, 'to')) !== consumer) return { refused: 'consent-not-for-consumer' };
  if (member(consent, 'from') !== fromOf(subject)) return { refused: 'consent-other-person' };
  const validTo = parseInstant(String(member(consent, 'validTo')));
  if (validTo === undefined || validTo <= now.getTime() * 1000) return { refused: 'consent-expired' };
  const metadata = list(member(consent, 'consentRights'))
    .map((right) => metadataFor(right, wanted))
    .filter((found) => found !== undefined);
  return metadata.length > 0 ? { metadata } : { refused: 'consent-not-covering' };
};

/** XML where the caller prefers it, JSON otherwise. */
export const prefersXml = ({ headers: { accept = '' } }: Ask): boolean => /\b(?:application|text)\/xml\b/.test(accept);
