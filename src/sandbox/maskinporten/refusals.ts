import { randomBytes } from 'node:crypto';
import type { Reply } from '../exchange.ts';

const login = 'Invalid assertion. Client authentication failed.';

/** What the token endpoint refuses, and its words. Those without a code are seen without `error_uri` in the wild. */
const refusals = {
  'unsupported-grant-type': { error: 'unsupported_grant_type', text: 'Unsupported grant type' },
  'assertion-missing': { error: 'invalid_request', text: 'Missing parameter assertion' },
  'MP-011': { error: 'invalid_request', text: 'Invalid assertion. Invalid parameter value' },
  'MP-012': { error: 'invalid_grant', text: 'Invalid assertion. Grant is used before' },
  'MP-100': { error: 'invalid_grant', text: `${login} Client not found` },
  'MP-110': { error: 'invalid_grant', text: `${login} Invalid JWT claim aud.` },
  'MP-120': { error: 'invalid_grant', text: `${login} The JWT is signed with an invalid certificate.` },
  'MP-121': { error: 'invalid_grant', text: `${login} Expired key.` },
  'MP-122': {
    error: 'invalid_grant',
    text: `${login} Invalid JWT. Invalid organization number for client. Does not match certificate orgno`,
  },
  'MP-123': { error: 'invalid_grant', text: `${login} Invalid JWT header x5c` },
  'MP-124': { error: 'invalid_grant', text: `${login} Invalid JWT signature.` },
  'kid-unknown': { error: 'invalid_grant', text: `${login} Unknown key identifier (kid) for client.` },
  'kid-missing': {
    error: 'invalid_grant',
    text: `${login} Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided`,
  },
  'MP-130': { error: 'invalid_grant', text: `${login} JWT has expired.` },
  'issued-in-future': { error: 'invalid_grant', text: `${login} Issue time is in the future.` },
  'life-too-long': { error: 'invalid_grant', text: `${login} JWT has too long lifetime.` },
  'consumer-is-client': {
    error: 'invalid_request',
    text: 'Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid',
  },
  'MP-200': { error: 'invalid_scope', text: 'Token request contains invalid scopes for client, {scope}' },
  'MP-201': { error: 'invalid_scope', text: 'Token request contains scopes not allowed for maskinporten' },
  'MP-250': { error: 'forbidden', status: 403, text: 'Consumer has not been granted access to the scope {scope}.' },
  'MP-251': {
    error: 'forbidden',
    status: 403,
    text: 'Consumer {consumer} has not delegated access to the scope {scope} to supplier {supplier}.',
  },
  'MP-301': { error: 'invalid_authorization_details', text: 'Unknown authorization details type' },
  'MP-302': { error: 'invalid_authorization_details', text: 'Unknown fields in the authorization details' },
  'MP-303': { error: 'invalid_altinn_customer_configuration', text: 'Invalid authorization details values' },
  // Not documented: what is answered while Altinn cannot be asked.
  'altinn-down': { error: 'temporarily_unavailable', status: 503, text: 'The service is temporarily unavailable' },
} as const satisfies Record<string, { error: string; status?: number; text: string }>;

export type RefusalCode = keyof typeof refusals;

/** Thrown by the checks of a grant. */
export class GrantRefused extends Error {
  readonly code: RefusalCode;
  readonly words: Record<string, string>;
  constructor(code: RefusalCode, words: Record<string, string> = {}) {
    super(code);
    this.code = code;
    this.words = words;
  }
}

/** The body as Maskinporten writes it: the MP code is the last segment of `error_uri`, and nowhere else. */
export const refusalReply = ({ code, words }: GrantRefused, issuer: string): Reply => {
  const refusal: { error: string; status?: number; text: string } = refusals[code];
  const text = refusal.text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
  return {
    status: refusal.status ?? 400,
    headers: { 'cache-control': 'no-store' },
    body: {
      error: refusal.error,
      error_description: `${text} (trace_id: ${randomBytes(16).toString('hex')})`,
      ...(code.startsWith('MP-') && { error_uri: `${issuer}errors/${code}` }),
    },
  };
};
