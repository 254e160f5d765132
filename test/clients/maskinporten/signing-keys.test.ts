import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkedKey } from '../../../src/clients/maskinporten/handed-key.ts';
import { signingKeys } from '../../../src/clients/maskinporten/signing-keys.ts';
import { Problem } from '../../../src/domain/problem.ts';
import type { KeyOwner } from '../../../src/usecases/ports.ts';
import type { HandedKey } from '../../../src/usecases/use-cases.ts';
import { certificateFor } from '../../sandbox/certificate.ts';

const now = new Date('2026-11-24T10:00:00Z');
const owner = { orgno: '310149942', now };
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'bank-2026' };

const faultOf = async (given: HandedKey, change: Partial<KeyOwner> = {}): Promise<Problem> => {
  try {
    await signingKeys.read(given, { ...owner, ...change });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('no fault was found');
};

test('a new key has 2048 bits and a name no other has, and shows no private part', async () => {
  const [one, other] = await Promise.all([signingKeys.generate(now), signingKeys.generate(now)]);
  expect(one.kid).toMatch(/^hub-202611-[\da-f]{16}$/);
  expect(other.kid).not.toBe(one.kid);
  expect(Object.keys(one.publicJwk).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  expect(one.publicJwk).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256', kid: one.kid });
  expect(Buffer.from(String(one.publicJwk.n), 'base64url')).toHaveLength(256);
});

test('a key signs RS256', async () => {
  const key = signingKeys.open(jwk, { kid: 'bank-2026', certificateChain: [] });
  const input = Buffer.from('header.claims');
  expect(verify('RSA-SHA256', input, publicKey, await key.sign(input))).toBe(true);
});

test.each([
  ['a JWK', { jwk }],
  ['PEM (PKCS 8)', { pem, kid: 'bank-2026' }],
  ['PEM (PKCS 1)', { pem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), kid: 'bank-2026' }],
])('%s is taken', async (_name, given) => {
  const read = await signingKeys.read(given, owner);
  expect(read).toMatchObject({
    kid: 'bank-2026',
    publicJwk: { n: jwk.n, kid: 'bank-2026', use: 'sig' },
    certificateChain: [],
  });
  expect(read.publicJwk).not.toHaveProperty('d');
  const key = signingKeys.open(read.privateJwk, { kid: 'bank-2026', certificateChain: [] });
  expect(verify('RSA-SHA256', Buffer.from('x'), createPublicKey(pem), await key.sign(Buffer.from('x')))).toBe(true);
});

const life = { from: '2026-01-01', to: '2029-01-01' };
const certificate = certificateFor('310149942', { privateKey, publicKey }, life);

test('an enterprise certificate may stand for a name, as bare base64 or as PEM', async () => {
  const asPem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
  for (const one of [certificate, asPem]) {
    const read = await signingKeys.read({ pem, certificateChain: [one] }, owner);
    expect(read.certificateChain).toEqual([certificate]);
    expect(read).not.toHaveProperty('kid');
  }
  expect((await signingKeys.read({ jwk: { ...jwk, x5c: [certificate] } }, owner)).certificateChain).toEqual([
    certificate,
  ]);
});

test('a certificate of another key is refused', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = certificateFor('310149942', other, life);
  expect((await faultOf({ pem, certificateChain: [foreign] })).detail).toMatch(/another key/);
  expect((await faultOf({ pem, certificateChain: [certificate, foreign] })).detail).toMatch(/did not sign/);
});

const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const { d: _, ...publicJwk } = jwk;

test.each<[string, HandedKey, RegExp]>([
  [
    'only a public part in PEM',
    { pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), kid: 'a' },
    /no private key/,
  ],
  ['only a public part in a JWK', { jwk: publicJwk }, /private part/],
  ['nonsense', { pem: 'nonsense', kid: 'a' }, /no private key/],
  ['a JWK that is torn', { jwk: { kty: 'RSA', kid: 'a', n: 'AQAB', e: 'AQAB', d: 'AQAB' } }, /no private key/],
  ['1024 bits', { pem: short.export({ type: 'pkcs8', format: 'pem' }).toString(), kid: 'a' }, /2048/],
  ['RSA-PSS', { pem: pss.export({ type: 'pkcs8', format: 'pem' }).toString(), kid: 'a' }, /RSA keys only/],
  ['an elliptic curve', { jwk: { ...curve.export({ format: 'jwk' }), kid: 'a' } }, /RSA keys only/],
  ['an algorithm Maskinporten has not', { jwk: { ...jwk, alg: 'PS256' } }, /RS256/],
  ['neither name nor certificate', { pem }, /`kid`/],
  ['a name with spaces', { pem, kid: 'my key' }, /`kid` may hold/],
  ['a certificate chain that is none', { pem, certificateChain: ['nonsense'] }, /cannot be read/],
])('a key with %s cannot be used', async (_name, given, why) => {
  const problem = await faultOf(given);
  expect(problem.code).toBe('key-unusable');
  expect(problem.detail).toMatch(why);
  expect(problem.more.errors).toEqual([{ field: expect.any(String), code: 'key-unusable', detail: problem.detail }]);
  expect(JSON.stringify([problem.message, problem.cause ?? null])).not.toContain('MII');
});

test('a key of more than 8192 bits would hold up each signature, and is none', () => {
  // Not even OpenSSL looks whether it is a product of two primes.
  const publicOf = (bytes: number) =>
    createPublicKey({
      key: { kty: 'RSA', n: Buffer.alloc(bytes, 0xff).toString('base64url'), e: 'AQAB' },
      format: 'jwk',
    });
  expect(checkedKey(publicOf(1024), 'pkcs11').asymmetricKeyDetails?.modulusLength).toBe(8192);
  expect(() => checkedKey(publicOf(1025), 'pkcs11')).toThrow(/at most 8192 bits/);
});
