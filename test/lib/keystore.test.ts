import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { generateKeystorePair, openKeystore } from '../../src/lib/keystore.ts';

const [old, fresh] = await Promise.all([generateKeystorePair(), generateKeystorePair()]);
const place = { clientId: 'client-1', keyId: 'key-1' };
const secret = { kty: 'RSA', d: 'very-secret', n: 'public' };

const api = openKeystore({ publicJwks: [fresh.publicJwk, old.publicJwk], privateJwks: [] });
const worker = openKeystore({ publicJwks: [fresh.publicJwk], privateJwks: [old.privateJwk, fresh.privateJwk] });

test('what an API process seals a worker opens', async () => {
  const sealed = await api.close(place, secret);
  expect(sealed).not.toContain('very-secret');
  expect(await worker.open(place, sealed)).toEqual(secret);
});

test('the header says whose key it is, and how it is sealed', async () => {
  expect(decodeProtectedHeader(await api.close(place, secret))).toMatchObject({
    alg: 'ECDH-ES+A256KW',
    enc: 'A256GCM',
    kid: fresh.publicJwk.kid,
    ...place,
  });
});

test('no API process can open what it sealed', async () => {
  const sealed = await api.close(place, secret);
  await expect(api.open(place, sealed)).rejects.toThrow('no key that opens');
});

test('the first public key seals and any private one opens', async () => {
  const before = openKeystore({ publicJwks: [old.publicJwk] });
  expect(await worker.open(place, await before.close(place, secret))).toEqual(secret);
  const onlyOld = openKeystore({ privateJwks: [old.privateJwk] });
  await expect(onlyOld.open(place, await api.close(place, secret))).rejects.toThrow('not among');
});

test('keys without names fit all the same', async () => {
  const nameless = ({ kid: _, ...jwk }: typeof old.publicJwk) => jwk;
  const sealer = openKeystore({ publicJwks: [nameless(old.publicJwk)] });
  const opener = openKeystore({ privateJwks: [nameless(old.privateJwk)] });
  expect(await opener.open(place, await sealer.close(place, secret))).toEqual(secret);
});

test('a worker with private keys alone can seal too', async () => {
  const alone = openKeystore({ privateJwks: [fresh.privateJwk] });
  expect(await alone.open(place, await alone.close(place, secret))).toEqual(secret);
});

test.each([
  { ...place, clientId: 'client-2' },
  { ...place, keyId: 'key-2' },
])('a sealed key opens in no other place: %j', async (other) => {
  const sealed = await api.close(place, secret);
  await expect(worker.open(other, sealed)).rejects.toThrow('another place');
});

test('a changed place in the header is noticed', async () => {
  const [head = '', ...rest] = (await api.close(place, secret)).split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...header, keyId: 'key-2' })).toString('base64url');
  await expect(worker.open({ ...place, keyId: 'key-2' }, [forged, ...rest].join('.'))).rejects.toThrow();
});

test('a key that cannot be read is said at once, without showing it', () => {
  expect(() => openKeystore({ privateJwks: [{ kty: 'EC', crv: 'P-256', d: 'oops' }] })).toThrow(
    /cannot be read(?!.*oops)/,
  );
  expect(() => openKeystore({ publicJwks: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] })).toThrow('cannot be read');
});

test('nothing seals without a key', async () => {
  await expect(openKeystore({}).close(place, secret)).rejects.toThrow('no key that seals');
});
