import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readClientCertificate } from '../../../src/clients/webhook-receivers/client-certificate.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { certificateFor } from '../../sandbox/certificate.ts';
import { issue, openTlsReceiver } from './certificates.ts';
import { openSender } from './given.ts';

const now = new Date('2026-11-26T12:00:00Z');
const authority = issue('Authority of the bank');
const other = issue('Another');
const hub = issue('samtykkehub', { by: authority });
const pemOf = (base64: string) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;

const faultOf = (handed: { certificate: string; privateKey: string }) => {
  try {
    readClientCertificate(handed, now);
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, ...error.more.errors?.[0] };
    throw error;
  }
  return undefined;
};

describe('a certificate of ours', () => {
  test('is read with its chain, and kept without anything else that stood there', () => {
    const certificate = `Bag Attributes\n    friendlyName: secret\n${hub.certificate}\n${authority.certificate}`;
    const read = readClientCertificate({ ...hub, certificate }, now);
    expect(read).toMatchObject({ subject: 'CN=samtykkehub', issuer: 'CN=Authority of the bank' });
    expect(read.expiresAt).toEqual(new Date('2036-01-01T00:00:00Z'));
    expect(read.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(read.certificate).not.toContain('secret');
    expect(read.privateKey).toContain('BEGIN PRIVATE KEY');
  });

  test('may be of an elliptic curve', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = pemOf(certificateFor('313876144', pair, { from: '2026-01-01', to: '2030-01-01' }));
    const privateKey = String(pair.privateKey.export({ type: 'sec1', format: 'pem' }));
    expect(faultOf({ certificate, privateKey })).toBeUndefined();
  });

  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const locked = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    }),
  );
  const curve = (namedCurve: string) =>
    String(generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const expired = issue('old', { by: authority, to: '2026-11-01' });
  const early = issue('new', { by: authority, from: '2027-01-01' });

  test.each<[string, { certificate?: string; privateKey?: string }, 'certificate' | 'privateKey']>([
    ['another’s key', { privateKey: other.privateKey }, 'privateKey'],
    ['a chain in another order', { certificate: authority.certificate + hub.certificate }, 'privateKey'],
    ['a chain that is none', { certificate: hub.certificate + other.certificate }, 'certificate'],
    ['an endless chain', { certificate: hub.certificate.repeat(11) }, 'certificate'],
    ['an expired one', expired, 'certificate'],
    ['one that is not valid yet', early, 'certificate'],
    ['no certificate', { certificate: 'secret' }, 'certificate'],
    ['an unreadable one', { certificate: pemOf('c2VjcmV0') }, 'certificate'],
    ['a key among the certificates', { certificate: hub.certificate + hub.privateKey }, 'certificate'],
    ['no key', { privateKey: 'secret' }, 'privateKey'],
    ['a public key', { privateKey: String(small.publicKey.export({ type: 'spki', format: 'pem' })) }, 'privateKey'],
    ['a locked key', { privateKey: locked }, 'privateKey'],
    [
      'a key that is too small',
      { privateKey: String(small.privateKey.export({ type: 'pkcs8', format: 'pem' })) },
      'privateKey',
    ],
    ['a key on an unusual curve', { privateKey: curve('secp256k1') }, 'privateKey'],
    [
      'a key for signatures alone',
      { privateKey: String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })) },
      'privateKey',
    ],
  ])('%s is refused by its field, without repeating it', (_name, change, field) => {
    const fault = faultOf({ ...hub, ...change });
    expect(fault).toMatchObject({ code: 'webhook-auth-invalid', field: `/auth/${field}` });
    expect(JSON.stringify(fault)).not.toMatch(/secret|BEGIN|OpenSSL|asn1/i);
  });

  test('shows no number of a person', () => {
    const certificate = issue('25922947409', { by: authority });
    expect(readClientCertificate(certificate, now).subject).toBe('CN=259229*****');
  });
});

describe('a receiver that asks for a certificate', () => {
  const host = 'hooks.bank.internal';
  const server = issue(host, { by: authority, hosts: [host] });

  const open = async () => {
    const receiver = await openTlsReceiver(server, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: [authority.certificate],
    });
    const { send } = openSender({
      production: true,
      certificates: [authority.certificate],
      resolve: async () => ['127.0.0.1'],
    });
    const { port, visits } = receiver;
    return {
      visits,
      post: (more: object) => send(`https://${host}:${port}/`, { opened: { host, port }, ...more }),
    };
  };
  const mtls = (pair: { certificate: string; privateKey: string }, version: string) => ({
    auth: { kind: 'mtls', version, certificate: pair.certificate, privateKey: pair.privateKey },
  });

  test('sees ours, and no connection of before', async () => {
    const { post, visits } = await open();
    expect(await post({})).toMatchObject({ error: expect.stringMatching(/tls|connection/) });
    expect(await post(mtls(hub, 'one'))).toMatchObject({ status: 204 });
    expect(visits.map(({ peer }) => peer)).toEqual(['samtykkehub']);
    // Another certificate is another connection; so is another tenant’s.
    const second = issue('samtykkehub two', { by: authority });
    expect(await post(mtls(second, 'two'))).toMatchObject({ status: 204 });
    expect(await post({ ...mtls(hub, 'one'), tenantId: 'insurer' })).toMatchObject({ status: 204 });
    expect(await post({ tenantId: 'insurer' })).toMatchObject({ error: expect.stringMatching(/tls|connection/) });
    expect(visits.map(({ peer }) => peer)).toEqual(['samtykkehub', 'samtykkehub two', 'samtykkehub']);
    expect(new Set(visits.map(({ socket }) => socket)).size).toBe(3);
  });

  test('refuses one of another authority', async () => {
    const { post, visits } = await open();
    expect(await post(mtls(other, 'other'))).toMatchObject({ error: expect.stringMatching(/tls|connection/) });
    expect(visits).toEqual([]);
  });
});
