import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { mustCall } from '../../../src/cli/call-json.ts';

/** A client of its own at the sandbox, with nothing but jose and one HTTP call a token. */
export const openGrants = async (sandboxUrl: string, consumer: string) => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const [clientId, kid] = [randomUUID(), randomUUID()];
  await mustCall('POST', `${sandboxUrl}/sandbox/clients`, undefined, {
    clientId,
    name: 'bare',
    scopes: ['skatteetaten:inntekt'],
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] },
  });
  const dispatcher = new Agent({ connections: 32 });
  return {
    async fetch(): Promise<void> {
      const assertion = await new SignJWT({ scope: 'skatteetaten:inntekt', consumer_org: consumer })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(clientId)
        .setAudience(`${sandboxUrl}/maskinporten/`)
        .setIssuedAt()
        .setExpirationTime('110s')
        .setJti(randomUUID())
        .sign(privateKey);
      const { statusCode, body } = await request(`${sandboxUrl}/maskinporten/token`, {
        method: 'POST',
        dispatcher,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`the bare grant answered ${statusCode}: ${answer}`);
    },
    close: () => dispatcher.close(),
  };
};
