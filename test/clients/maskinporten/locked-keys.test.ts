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

const faultOf = async (given: HandedKey, at = now): Promise<{ field: string; detail: string }> => {
  try {
    await signingKeys.read(given, { orgno, now: at });
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
])('a PEM key locked in %s opens with its passphrase alone', async (_name, pem) => {
  expect((await signingKeys.read({ pem, passphrase, kid: 'a' }, owner)).publicJwk).toMatchObject({ n });
  expect(await faultOf({ pem, kid: 'a' })).toEqual({
    field: '/passphrase',
    detail: 'The key is locked with a passphrase, and none was given.',
  });
  expect(await faultOf({ pem, passphrase: 'another', kid: 'a' })).toEqual({
    field: '/passphrase',
    detail: 'The passphrase does not open the key.',
  });
});

const inside = (node: forge.asn1.Asn1, ...places: number[]) =>
  places.reduce((at, place) => (at.value as forge.asn1.Asn1[])[place] as forge.asn1.Asn1, node);
const derOf = (node: forge.asn1.Asn1) => forge.asn1.toDer(node).getBytes();
const lockedPem = (file: forge.asn1.Asn1) =>
  `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${forge.util.encode64(derOf(file), 64)}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
const pkcs8 = () => forge.asn1.fromDer(forge.util.decode64(lock('pkcs8').replace(/-----[^-]+-----|\s/g, '')));

/** A lock as it is, but for the number of iterations that its opening takes. */
const stretched = (file: forge.asn1.Asn1, iterations: number) => {
  // EncryptedPrivateKeyInfo → algorithm → PBES2's parameters → PBKDF2 → its parameters: a salt, then the iterations.
  inside(file, 0, 1, 0, 1, 1).value = forge.asn1.integerToDer(iterations).getBytes();
  return file;
};

test('a lock that takes hours to try is not tried, also where another stands in front of it', async () => {
  expect(forge.asn1.derToInteger(inside(pkcs8(), 0, 1, 0, 1, 1).value as string)).toBe(2048);
  const slow = lockedPem(stretched(pkcs8(), 2_000_000_000));
  expect((await faultOf({ pem: slow, passphrase, kid: 'a' })).detail).toMatch(/stretched more than/);
  const harmless = lock('pkcs8');
  const hidden = harmless.replaceAll('-----BEGIN', 'x-----BEGIN');
  expect((await faultOf({ pem: hidden + slow, passphrase, kid: 'a' })).detail).toMatch(/stretched more than/);
  expect((await faultOf({ pem: harmless + slow, passphrase, kid: 'a' })).detail).toMatch(/more than one private key/);
  const { publicJwk } = await signingKeys.read({ pem: hidden + harmless, passphrase, kid: 'a' }, owner);
  expect(publicJwk).toMatchObject({ n });
});

const { Class, Type } = forge.asn1;
const sequence = (...parts: forge.asn1.Asn1[]) => forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
const explicit = (part: forge.asn1.Asn1) => forge.asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [part]);
const octets = (value: string) => forge.asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, value);
const oid = (name: string) => forge.asn1.create(Class.UNIVERSAL, Type.OID, false, forge.asn1.oidToDer(name).getBytes());
const integer = (value: number) =>
  forge.asn1.create(Class.UNIVERSAL, Type.INTEGER, false, forge.asn1.integerToDer(value).getBytes());

test.each([
  ['as OpenSSL asks for', 16_384, 8, 1, /does not open/],
  ['whose N is small, and p is not', 16, 8, 32_768, /stretched more than/],
])('a lock of scrypt %s is known for what it takes', async (_name, cost, block, parallel, why) => {
  const file = pkcs8();
  const method = inside(file, 0, 1, 0);
  const { oids } = forge.pki;
  expect(forge.asn1.derToOid(inside(method, 0).value as string)).toBe(oids['pkcs5PBKDF2']);
  method.value = [
    oid('1.3.6.1.4.1.11591.4.11'),
    sequence(octets('12345678'), integer(cost), integer(block), integer(parallel)),
  ];
  expect((await faultOf({ pem: lockedPem(file), passphrase, kid: 'a' })).detail).toMatch(why);
});

/** The key behind a slow lock, and that lock behind a quick one, so that nobody sees it before the first is opened. */
const doublyLocked = (): string => {
  const { pkcs8ShroudedKeyBag, data, encryptedData } = forge.pki.oids as Record<string, string>;
  const bags = sequence(sequence(oid(pkcs8ShroudedKeyBag ?? ''), explicit(stretched(pkcs8(), 2 ** 30))));
  const outer = forge.pki.encryptPrivateKeyInfo(bags, 'x', { algorithm: 'aes256', count: 1 });
  const content = forge.asn1.create(Class.CONTEXT_SPECIFIC, 0, false, inside(outer, 1).value as string);
  const encrypted = sequence(integer(0), sequence(oid(data ?? ''), inside(outer, 0), content));
  const safe = sequence(sequence(oid(encryptedData ?? ''), explicit(encrypted)));
  const file = sequence(integer(3), sequence(oid(data ?? ''), explicit(octets(derOf(safe)))));
  return forge.util.encode64(derOf(file));
};

test('a slow lock behind a quick one is given up after seconds, and holds up nobody meanwhile', async () => {
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 100);
  const told = await faultOf({ pkcs12: doublyLocked(), passphrase: 'x' });
  clearInterval(counting);
  expect(told).toEqual({ field: '/pkcs12', detail: 'It takes too long to unlock.' });
  expect(turns).toBeGreaterThan(20);
}, 30_000);

describe.skipIf(!hasOpenssl)('a PKCS#12 file', () => {
  const root = certify({ older: '983163327' });
  const own = certify({ seid2: orgno, issuer: root, to: '2028-05-06T07:08:09Z' });

  test.each<Pkcs12Form>(['modern', 'old'])(
    'locked in the %s way gives its key and the chain to sign by',
    async (form) => {
      const file = pkcs12(own, passphrase, { form, above: [certify({ older: '1' }), root] });
      const read = await signingKeys.read({ pkcs12: file, passphrase }, owner);
      expect(read).not.toHaveProperty('kid');
      expect(read.certificateChain).toEqual([own.base64, root.base64]);
      expect(read.publicJwk['n']).toBe(own.privateKey.export({ format: 'jwk' }).n);
      expect(read.expiresAt).toEqual(new Date('2028-05-06T07:08:09Z'));
      expect(await faultOf({ pkcs12: file, passphrase: 'another' })).toEqual({
        field: '/passphrase',
        detail: 'The passphrase does not open it.',
      });
      expect(await faultOf({ pkcs12: file })).toEqual({
        field: '/passphrase',
        detail: 'It is locked with a passphrase, and none was given.',
      });
    },
  );

  test('with an older certificate says whose it is by its serial number', async () => {
    const older = certify({ older: orgno });
    expect((await signingKeys.read({ pkcs12: pkcs12(older, 'x'), passphrase: 'x' }, owner)).certificateChain).toEqual([
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
  ])('with a certificate of %s is refused', async (_name, file, why) => {
    const told = await faultOf({ pkcs12: file(), passphrase: 'x' });
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
  ])('with %s is refused', async (_name, file, why) => {
    expect(await faultOf({ pkcs12: file(), passphrase: 'x' })).toEqual({
      field: '/pkcs12',
      detail: expect.stringMatching(why),
    });
  });
});

test('certificates in the same PEM as the key are its chain', async () => {
  const root = certify({});
  const own = certify({ seid2: orgno, issuer: root });
  for (const parts of [
    [own.keyPem, own.certificatePem, root.certificatePem],
    [own.certificatePem, root.certificatePem, own.keyPem],
  ])
    expect((await signingKeys.read({ pem: parts.join('\n') }, owner)).certificateChain).toEqual([
      own.base64,
      root.base64,
    ]);
  expect(await faultOf({ pem: `${own.keyPem}${root.certificatePem}` })).toMatchObject({ field: '/pem' });
});

test('a key that signs by its name does not end with a certificate beside it', async () => {
  const own = certify({ seid2: orgno });
  const pem = `${own.keyPem}${own.certificatePem}`;
  expect((await signingKeys.read({ pem }, owner)).expiresAt).toEqual(new Date('2036-01-01'));
  expect(await signingKeys.read({ pem, kid: 'a' }, owner)).not.toHaveProperty('expiresAt');
});
