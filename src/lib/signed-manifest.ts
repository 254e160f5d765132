import { CompactSign, compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

const alg = 'EdDSA';

/**
 * Signs this once, with a key that is made for it and thrown away: what is left is the public half, and so nothing that could
 * be stolen, rotated or lost.
 */
export const signOnce = async (
  payload: Uint8Array,
  kid: string,
): Promise<{ jws: string; publicJwk: Record<string, unknown> }> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jws = await new CompactSign(payload)
    .setProtectedHeader({ alg, kid, typ: 'samtykkehub-archive' })
    .sign(privateKey);
  return { jws, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
};

/** What was signed, if it was with this key; undefined when it was not. */
export const signedWith = async (jws: string, publicJwk: JWK): Promise<Uint8Array | undefined> => {
  try {
    return (await compactVerify(jws, await importJWK(publicJwk, alg), { algorithms: [alg] })).payload;
  } catch {
    return undefined;
  }
};
