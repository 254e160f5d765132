import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKeySources } from '../../../src/clients/key-sources/key-sources.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { openLog } from '../../../src/lib/log.ts';
import { certify } from '../../support/enterprise-certificate.ts';

const orgno = '310149942';
const owner = { orgno, now: new Date('2026-11-24T10:00:00Z') };
const input = Buffer.from('header.claims');

const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pemOf = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));
const verifies = (key: KeyObject, signature: Uint8Array): boolean =>
  verify('RSA-SHA256', input, createPublicKey(key), signature);

const openFolder = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'keys-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const sources = await openKeySources({ directory, log });
  const put = (name: string, text: string) => writeFile(join(directory, name), text);
  /** Another file in its place, as an orchestrator puts it there. */
  const exchange = async (name: string, text: string) => {
    await put(`${name}.next`, text);
    await rename(join(directory, `${name}.next`), join(directory, name));
  };
  const faultOf = async (name: string, kid?: string) => {
    const fault = await sources.look({ file: name }, kid, owner).catch((error: unknown) => error);
    if (!(fault instanceof Problem)) throw new Error('no fault was found');
    return { code: fault.code, detail: fault.detail };
  };
  return { directory, sources, put, exchange, faultOf, lines };
};

test('a key in a file is told in public and signs, as PEM and as JWK', async () => {
  const { sources, put } = await openFolder();
  const key = newKey();
  await put('bank.pem', pemOf(key));
  await put('bank.jwk', `\n${JSON.stringify({ ...key.export({ format: 'jwk' }), kid: 'in-the-file' })}`);
  for (const [file, given, kid] of [
    ['bank.pem', 'given', 'given'],
    ['bank.jwk', undefined, 'in-the-file'],
  ] as const) {
    const found = await sources.look({ file }, given, owner);
    expect(found).toMatchObject({ kid, publicJwk: { n: key.export({ format: 'jwk' }).n, kid, use: 'sig' } });
    expect(JSON.stringify(found)).not.toContain('"d"');
    const signing = sources.open({ file }, found);
    expect(signing.kid).toBe(kid);
    expect(verifies(key, await signing.sign(input))).toBe(true);
  }
});

test('certificates beside the key are what it signs by', async () => {
  const { sources, put } = await openFolder();
  const own = certify({ seid2: orgno, to: '2027-05-06' });
  await put('enterprise.pem', `${own.keyPem}${own.certificatePem}`);
  const found = await sources.look({ file: 'enterprise.pem' }, undefined, owner);
  expect(found).toMatchObject({ certificateChain: [own.base64], expiresAt: new Date('2027-05-06') });
  expect(sources.open({ file: 'enterprise.pem' }, found).certificateChain).toEqual([own.base64]);
});

test('the file may be written anew; another key in it is never used, and that is logged as an error', async () => {
  const { sources, put, exchange, lines } = await openFolder();
  const [key, other] = [newKey(), newKey()];
  await put('bank', pemOf(key));
  const signing = sources.open({ file: 'bank' }, await sources.look({ file: 'bank' }, 'a', owner));
  expect(verifies(key, await signing.sign(input))).toBe(true);
  await exchange('bank', `${pemOf(key)}\n`);
  expect(verifies(key, await signing.sign(input))).toBe(true);
  expect(lines).toEqual([]);

  await exchange('bank', pemOf(other));
  await expect(signing.sign(input)).rejects.toMatchObject({ code: 'client-key-unavailable' });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', source: { file: 'bank' }, kid: 'a' });
  expect(lines[0]).toContain('another key');

  await exchange('bank', pemOf(key));
  expect(verifies(key, await signing.sign(input))).toBe(true);
});

test('a secret that is mounted as a link is followed', async () => {
  const { directory, sources, put } = await openFolder();
  await mkdir(join(directory, '..data'));
  await put('..data/bank', pemOf(newKey()));
  await symlink('..data/bank', join(directory, 'bank'));
  expect(await sources.look({ file: 'bank' }, 'a', owner)).toMatchObject({ kid: 'a' });
});

test.each(['../bank', '/etc/passwd', '.hidden', 'a/b', '..', '', 'a\0b', 'x'.repeat(300)])(
  'no file but those of the directory is opened, whatever a row says: %j',
  async (name) => {
    const { faultOf } = await openFolder();
    expect(await faultOf(name)).toEqual({ code: 'key-unusable', detail: 'This is no plain name of a file.' });
  },
);

test('what is wrong with a file is said without what is in it', async () => {
  const { directory, put, faultOf } = await openFolder();
  expect((await faultOf('nowhere')).detail).toMatch(/no such file in HUB_KEY_DIRECTORY .*\(ENOENT\)/);
  await mkdir(join(directory, 'folder'));
  expect((await faultOf('folder')).detail).toMatch(/is no file/);
  await put('text', 'secret-text');
  await put('torn', '{"kty":"RSA","d":"secret-text');
  await put('large', 'secret-text'.repeat(50_000));
  const passphrase = 'x';
  await put('locked', String(newKey().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })));
  await put('unnamed', pemOf(newKey()));
  await put('named', JSON.stringify({ ...newKey().export({ format: 'jwk' }), kid: 'another' }));
  const foreign = certify({ seid2: '983163327' });
  await put('foreign', `${foreign.keyPem}${foreign.certificatePem}`);
  for (const [name, why, kid] of [
    ['text', /no private key/, 'a'],
    ['torn', /begins like a JWK/, 'a'],
    ['large', /too large/, 'a'],
    ['locked', /locked with a passphrase/, 'a'],
    ['unnamed', /needs the `kid`/, undefined],
    ['named', /another `kid`/, 'a'],
    ['foreign', /organisation 983163327/, 'a'],
  ] as const) {
    const told = await faultOf(name, kid);
    expect(told.detail, name).toMatch(why);
    expect(told.detail).not.toContain('secret-text');
  }
});

test('workers without a directory or an HSM say so', async () => {
  const sources = await openKeySources({ log: openLog('silent') });
  for (const [source, setting] of [
    [{ file: 'bank' }, 'HUB_KEY_DIRECTORY'],
    [{ pkcs11: 'bank' }, 'HUB_PKCS11_MODULE'],
  ] as const)
    await expect(sources.look(source, 'a', owner)).rejects.toMatchObject({
      code: 'key-unusable',
      detail: expect.stringContaining(`${setting} is not set`),
    });
  await sources.close();
});
