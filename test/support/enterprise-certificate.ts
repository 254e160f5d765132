import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';

export const hasOpenssl: boolean = spawnSync('openssl', ['version']).error === undefined;

export type Certified = {
  privateKey: KeyObject;
  /** PKCS#8. */
  keyPem: string;
  certificatePem: string;
  /** As it stands in `x5c`. */
  base64: string;
};

type Wish = {
  /** SEID 2.0 writes the number into `organizationIdentifier`, the older form into `serialNumber`. */
  seid2?: string;
  older?: string;
  from?: string;
  to?: string;
  issuer?: Certified;
  /** For a key that is elsewhere. */
  publicKey?: KeyObject;
};

let serial = 0;
const pemOf = (key: KeyObject): string =>
  String(key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }));

/** A certificate as an enterprise gets it, signed by itself or by another. */
export const certify = ({
  seid2,
  older,
  from = '2026-01-01',
  to = '2036-01-01',
  issuer,
  publicKey,
}: Wish): Certified => {
  const { privateKey, publicKey: own } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pemOf(publicKey ?? own));
  serial += 1;
  certificate.serialNumber = `0${serial.toString(16)}`.slice(-2);
  certificate.validity.notBefore = new Date(from);
  certificate.validity.notAfter = new Date(to);
  const subject = [
    ...(seid2 === undefined ? [] : [{ type: '2.5.4.97', value: `NTRNO-${seid2}` }]),
    ...(older === undefined ? [] : [{ type: '2.5.4.5', value: older }]),
    { name: 'commonName', value: `Certificate ${serial}` },
  ];
  certificate.setSubject(subject);
  certificate.setIssuer(issuer ? forge.pki.certificateFromPem(issuer.certificatePem).subject.attributes : subject);
  certificate.setExtensions([{ name: 'basicConstraints', cA: true }]);
  certificate.sign(forge.pki.privateKeyFromPem(pemOf(issuer?.privateKey ?? privateKey)), forge.md.sha256.create());
  const der = Buffer.from(forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes(), 'binary');
  return {
    privateKey,
    keyPem: pemOf(privateKey),
    certificatePem: forge.pki.certificateToPem(certificate),
    base64: der.toString('base64'),
  };
};

/** How OpenSSL locks it today, and how everybody did before. */
const forms = {
  modern: [],
  old: ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
  slow: ['-iter', '100000'],
  'without certificate': ['-nocerts'],
} satisfies Record<string, string[]>;
export type Pkcs12Form = keyof typeof forms;

/** The file as a certificate's seller delivers it, in base64. */
export const pkcs12 = (
  { keyPem, certificatePem }: Pick<Certified, 'keyPem' | 'certificatePem'>,
  passphrase: string,
  { form = 'modern', above = [] }: { form?: Pkcs12Form; above?: readonly Certified[] } = {},
): string => {
  const folder = mkdtempSync(join(tmpdir(), 'pkcs12-'));
  try {
    const file = join(folder, 'all.pem');
    const text = [keyPem, certificatePem, ...above.map((one) => one.certificatePem)].join('\n');
    writeFileSync(file, text, { mode: 0o600 });
    const args = ['pkcs12', '-export', '-in', file, ...forms[form], '-passout', 'env:PASSPHRASE'];
    const env = { ...process.env, PASSPHRASE: passphrase };
    return execFileSync('openssl', args, { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString('base64');
  } finally {
    rmSync(folder, { recursive: true });
  }
};
