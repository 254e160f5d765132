import { z } from 'zod';
import { type Party, partyUrn } from '../../domain/party.ts';

/** Shapes of Maskinporten's metadata, grant and token answer. @see docs/sources/maskinporten.md */

const Metadata = z.looseObject({ issuer: z.string(), token_endpoint: z.url(), jwks_uri: z.url().optional() });

/** The part of the metadata we go by. */
export type Metadata = { issuer: string; tokenEndpoint: string; keysAt: string };

/** @throws Error when the document is not that issuer's, or would send our grants to another host */
export const readMetadata = (document: unknown, issuer: string): Metadata => {
  const { issuer: said, token_endpoint: tokenEndpoint, jwks_uri: named } = Metadata.parse(document);
  const keysAt = named ?? new URL('jwk', issuer).href;
  if (said !== issuer) throw new Error('the metadata names another issuer');
  if (new URL(tokenEndpoint).origin !== new URL(issuer).origin)
    throw new Error('the token endpoint is on another host');
  if (new URL(keysAt).origin !== new URL(issuer).origin) throw new Error('the keys are on another host');
  return { issuer, tokenEndpoint, keysAt };
};

/** What is kept of it between starts, in the form it came in. */
export const metadataDocument = ({ issuer, tokenEndpoint, keysAt }: Metadata): object => ({
  issuer,
  token_endpoint: tokenEndpoint,
  jwks_uri: keysAt,
});

export const metadataUrl = (issuer: string): URL => new URL('.well-known/oauth-authorization-server', issuer);

export const TokenReply = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
});

export const consentType = 'urn:altinn:consent';

export type Grant = {
  issuer: string;
  clientId: string;
  scopes: readonly string[];
  /** Left out for the operator itself: Maskinporten refuses a client that delegates to itself. */
  consumerOrg?: string | undefined;
  resource?: readonly string[] | undefined;
  consent?: { id: string; from: Party } | undefined;
  issuedAtSeconds: number;
  lifeSeconds: number;
  jti: string;
};

/** Exactly the claims it knows: unknown ones are refused. */
export const grantClaims = (grant: Grant): object => ({
  aud: grant.issuer,
  iss: grant.clientId,
  scope: grant.scopes.join(' '),
  iat: grant.issuedAtSeconds,
  exp: grant.issuedAtSeconds + grant.lifeSeconds,
  jti: grant.jti,
  ...(grant.consumerOrg === undefined ? {} : { consumer_org: grant.consumerOrg }),
  ...(grant.resource && grant.resource.length > 0 ? { resource: grant.resource } : {}),
  ...(grant.consent && {
    authorization_details: [{ type: consentType, id: grant.consent.id, from: partyUrn(grant.consent.from) }],
  }),
});

export const tokenForm = (assertion: string): string =>
  new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString();
