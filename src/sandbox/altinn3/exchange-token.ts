import type { Clock } from '../../lib/clock.ts';
import { type AccessClaims, bearerReader, orgnoIn, type ReadBearer } from '../bearer.ts';
import type { Endpoint } from '../exchange.ts';
import { openSigningKeys, type SigningKeys } from '../maskinporten/signing-keys.ts';

/** As the shipped configuration has it: longer than what it was given for, and than a delegation that is taken back. */
const lifeSeconds = 1800;

/** Altinn's own tokens, which its platform gives for Maskinporten's. */
export type AltinnTokens = { read: ReadBearer; issue(claims: AccessClaims, orgno: string): Promise<string> };

/** The key is made at the first exchange: most of what the sandbox is used for needs none. */
export const openAltinnTokens = (baseUrl: string, clock: Clock): AltinnTokens => {
  const issuer = `${baseUrl}authentication/api/v1/openid/`;
  let made: Promise<{ keys: SigningKeys; read: ReadBearer }> | undefined;
  const opened = async () => {
    const keys = await openSigningKeys();
    return { keys, read: bearerReader(issuer, keys, clock) };
  };
  return {
    read: async (headers) => (await made)?.read(headers),
    async issue(claims, orgno) {
      made ??= opened();
      const now = Math.floor(clock.now().getTime() / 1000);
      const { aud: _, client_amr: __, sid: ___, ...copied } = claims as AccessClaims & Record<string, unknown>;
      return (await made).keys.sign({
        ...copied,
        iss: issuer,
        iat: now,
        exp: now + lifeSeconds,
        'urn:altinn:orgNumber': orgno,
        'urn:altinn:authenticatemethod': 'maskinporten',
        'urn:altinn:authlevel': '3',
      });
    },
  };
};

/** `GET …/exchange/maskinporten`: 401 without a word for what Maskinporten did not sign, what has ended and what names no consumer. */
export const exchangeEndpoint = (readBearer: ReadBearer, tokens: AltinnTokens): Endpoint => ({
  on: 'exchange',
  method: 'get',
  path: '/altinn3/authentication/api/v1/exchange/maskinporten',
  async handle({ headers }) {
    if (headers['x-altinn-enterpriseuser-authentication'] !== undefined) return { status: 410 };
    const claims = await readBearer(headers);
    const orgno = claims && orgnoIn(claims.consumer);
    if (!claims || orgno === undefined) return { status: 401 };
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: await tokens.issue(claims, orgno) };
  },
});
