import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { compactVerify } from 'jose';
import type { Settings } from '../settings.ts';
import type { Client, ClientKey } from '../world.ts';
import type { Grant } from './grant.ts';
import { GrantRefused } from './refusals.ts';

const yearMs = 365 * 86_400_000;

type Proof = { key: KeyObject; amr: 'private_key_jwt' | 'virksomhetssertifikat' };

/** Imported once per key: it costs as much as several signatures. */
const imported = (key: ClientKey): KeyObject => {
  key.imported ??= createPublicKey({ key: key.jwk, format: 'jwk' });
  return key.imported;
};

const registeredKey = (client: Client, { header }: Grant, settings: Settings, now: Date): Proof => {
  if (header.kid === undefined) throw new GrantRefused('kid-missing');
  const key = client.keys.get(header.kid);
  const ageMs = key ? now.getTime() - key.postedAt.getTime() : -1;
  if (!key || ageMs < settings.keyPropagationMs) throw new GrantRefused('kid-unknown');
  if (key.endsAt ? key.endsAt < now : ageMs > yearMs) throw new GrantRefused('MP-121');
  return { key: imported(key), amr: 'private_key_jwt' };
};

/** Organisation number in a subject: SEID 2.0 writes `organizationIdentifier=NTRNO-…`, the older form `serialNumber=…`. */
const orgnoOf = (certificate: X509Certificate): string | undefined =>
  /^(?:organizationIdentifier|2\.5\.4\.97|serialNumber)=(?:NTRNO-)?(\d{9})$/m.exec(certificate.subject)?.[1];

/** Used while no key is registered. Who issued the certificate is not looked at: test certificates have many makers. */
const certificateKey = (client: Client, { header }: Grant, now: Date): Proof => {
  if (header.kid !== undefined) throw new GrantRefused('kid-unknown');
  const { x5c } = header;
  if (!Array.isArray(x5c) || !x5c.every((link) => typeof link === 'string')) throw new GrantRefused('MP-123');
  let chain: X509Certificate[];
  try {
    chain = x5c.map((link) => new X509Certificate(Buffer.from(link, 'base64')));
  } catch {
    throw new GrantRefused('MP-123');
  }
  const [leaf, issuer] = chain;
  if (!leaf) throw new GrantRefused('MP-123');
  const valid = now >= leaf.validFromDate && now <= leaf.validToDate;
  if (!valid || (issuer && !leaf.verify(issuer.publicKey))) throw new GrantRefused('MP-120');
  if (orgnoOf(leaf) !== client.orgno) throw new GrantRefused('MP-122');
  return { key: leaf.publicKey, amr: 'virksomhetssertifikat' };
};

/** Checks 6 and 7: whose key, and is the signature its own? Answers what `client_amr` shall say. */
export const authenticateClient = async (
  client: Client,
  grant: Grant,
  settings: Settings,
  now: Date,
): Promise<Proof['amr']> => {
  const { key, amr } =
    client.keys.size > 0 ? registeredKey(client, grant, settings, now) : certificateKey(client, grant, now);
  await compactVerify(grant.assertion, key, { algorithms: ['RS256', 'RS384', 'RS512'] }).catch(() => {
    throw new GrantRefused('MP-124');
  });
  return amr;
};
