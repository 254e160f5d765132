import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, test } from 'vitest';
import { signingKeys } from '../../../src/clients/maskinporten/signing-keys.ts';
import { Problem } from '../../../src/domain/problem.ts';
import type { HandedKey } from '../../../src/usecases/use-cases.ts';
import { certify, hasOpenssl, type Pkcs12Form, pkcs12 } from '../../support/enterprise-certificate.ts';

const orgno = '310149942';
const now = new Date('2026-11-24T10:00:00Z');
const owner = { orgno, now };
const passphrase = 'blåbær & smør ';

const faultOf = (given: HandedKey, at = now): { field: string; detail: string } => {
  try {
    signingKeys.read(given, { orgno, now: at });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe('key-unusable');
    expect(JSON.stringify([error.message, error.more])).not.toMatch(/MII|blåbær|smør/);
    return { field: error.more.errors?.[0]?.field ?? '', detail: error.detail };
  }
  throw new Error('no fault was found');
};

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { n } = privateKey.export({ format: 'jwk' });
const lock = (type: 'pkcs8' | 'pkcs1') =>
  String(privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase }));

test.each([
  ['today’s form (PKCS#8)', lock('pkcs8')],
  ['the old form', lock('pkcs1')],
])('a PEM key locked in %s opens with its passphrase alone', (_name, pem) => {
  expect(signingKeys.read({ pem, passphrase, kid: 'a' }, owner).publicJwk).toMatchObject({ n });
  expect(faultOf({ pem, kid: 'a' })).toEqual({
    field: '/passphrase',
    detail: 'The key is locked with a passphrase, and none was given.',
  });
  expect(faultOf({ pem, passphrase: 'another', kid: 'a' })).toEqual({
    field: '/passphrase',
    detail: 'The passphrase does not open the key.',
  });
});

test('a lock that takes hours to try is not tried', () => {
  const bytes = forge.util.decode64(lock('pkcs8').replace(/-----[^-]+-----|\s/g, ''));
  const file = forge.asn1.fromDer(bytes);
  // EncryptedPrivateKeyInfo → algorithm → PBES2's parameters → PBKDF2 → its parameters: a salt, then the iterations.
  const inside = (node: forge.asn1.Asn1, ...places: number[]) =>
    places.reduce((at, place) => (at.value as forge.asn1.Asn1[])[place] as forge.asn1.Asn1, node);
  const iterations = inside(file, 0, 1, 0, 1, 1);
  expect(forge.asn1.derToInteger(iterations.value as string)).toBe(2048);
  iterations.value = forge.asn1.integerToDer(2_000_000_000).getBytes();
  const body = forge.util.encode64(forge.asn1.toDer(file).getBytes(), 64);
  const pem = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${body}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  expect(faultOf({ pem, passphrase, kid: 'a' }).detail).toMatch(/stretched more than/);
});

describe.skipIf(!hasOpenssl)('a PKCS#12 file', () => {
  const root = certify({ older: '983163327' });
  const own = certify({ seid2: orgno, issuer: root, to: '2028-05-06T07:08:09Z' });

  test.each<Pkcs12Form>(['modern', 'old'])('locked in the %s way gives its key and the chain to sign by', (form) => {
    const file = pkcs12(own, passphrase, { form, above: [certify({ older: '1' }), root] });
    const read = signingKeys.read({ pkcs12: file, passphrase }, owner);
    expect(read).not.toHaveProperty('kid');
    expect(read.certificateChain).toEqual([own.base64, root.base64]);
    expect(read.publicJwk['n']).toBe(own.privateKey.export({ format: 'jwk' }).n);
    expect(read.expiresAt).toEqual(new Date('2028-05-06T07:08:09Z'));
    expect(faultOf({ pkcs12: file, passphrase: 'another' })).toEqual({
      field: '/passphrase',
      detail: 'The passphrase does not open it.',
    });
    expect(faultOf({ pkcs12: file })).toEqual({
      field: '/passphrase',
      detail: 'It is locked with a passphrase, and none was given.',
    });
  });

  test('with an older certificate says whose it is by its serial number', () => {
    const older = certify({ older: orgno });
    expect(signingKeys.read({ pkcs12: pkcs12(older, 'x'), passphrase: 'x' }, owner).certificateChain).toEqual([
      older.base64,
    ]);
  });

  const of = (wish: Parameters<typeof certify>[0]) => pkcs12(certify(wish), 'x');
  test.each<[string, () => string, RegExp]>([
    [
      'another organisation',
      () => of({ seid2: '983163327' }),
      /organisation 983163327, and not to the operator, 310149942/,
    ],
    ['another organisation, in the older form', () => of({ older: '983163327' }), /organisation 983163327/],
    ['nobody', () => of({}), /names no organisation/],
    ['the day before yesterday', () => of({ seid2: orgno, to: '2026-11-22' }), /expired at 2026-11-22T00:00:00/],
    ['tomorrow', () => of({ seid2: orgno, from: '2026-11-25' }), /not valid before 2026-11-25/],
  ])('with a certificate of %s is refused', (_name, file, why) => {
    const told = faultOf({ pkcs12: file(), passphrase: 'x' });
    expect(told).toEqual({ field: '/pkcs12', detail: expect.stringMatching(why) });
  });

  test.each<[string, () => string, RegExp]>([
    [
      'no certificate',
      () => pkcs12(own, 'x', { form: 'without certificate' }),
      /certificate of its private key is not in it/,
    ],
    ['a lock that takes too long', () => pkcs12(own, 'x', { form: 'slow' }), /stretched more than/],
    ['nothing of the kind', () => Buffer.from('a text').toString('base64'), /no PKCS#12 file/],
    ['only half of it', () => pkcs12(own, 'x').slice(0, 1000), /no PKCS#12 file/],
    ['nothing but layers', () => Buffer.from('3080'.repeat(8000), 'hex').toString('base64'), /PKCS#12|nested/],
  ])('with %s is refused', (_name, file, why) => {
    expect(faultOf({ pkcs12: file(), passphrase: 'x' })).toEqual({
      field: '/pkcs12',
      detail: expect.stringMatching(why),
    });
  });
});

test('certificates in the same PEM as the key are its chain', () => {
  const root = certify({});
  const own = certify({ seid2: orgno, issuer: root });
  for (const parts of [
    [own.keyPem, own.certificatePem, root.certificatePem],
    [own.certificatePem, root.certificatePem, own.keyPem],
  ])
    expect(signingKeys.read({ pem: parts.join('\n') }, owner).certificateChain).toEqual([own.base64, root.base64]);
  expect(faultOf({ pem: `${own.keyPem}${root.certificatePem}` })).toMatchObject({ field: '/pem' });
});

test('a key that signs by its name does not end with a certificate beside it', () => {
  const own = certify({ seid2: orgno });
  const pem = `${own.keyPem}${own.certificatePem}`;
  expect(signingKeys.read({ pem }, owner).expiresAt).toEqual(new Date('2036-01-01'));
  expect(signingKeys.read({ pem, kid: 'a' }, owner)).not.toHaveProperty('expiresAt');
});
