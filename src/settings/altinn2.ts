import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { certificateFile } from './egress.ts';
import { scopes } from './scopes.ts';
import { orFault, textFile } from './text-file.ts';

/** The operator's key to the sandbox's Altinn 2: it opens nothing else. */
export const sandboxApiKey = '0a17e2aa-5a4d-4b0c-8000-000000000001';

const apiKey = z.guid('is no API key: those of Altinn 2 are UUIDs');

/** A file with a private key in PEM → its text. Read at start, as the certificate it belongs to is. */
const privateKeyFile = textFile((text): string => {
  if (text.includes('ENCRYPTED')) throw new Error('the file is locked; it must hold a key without a passphrase');
  return orFault(
    () => String(createPrivateKey(text).export({ type: 'pkcs8', format: 'pem' })),
    'the file holds no private key in PEM',
  );
});

/** What speaks over two-way TLS; nothing where it is not set. */
export const certificateIn = (certificates: string[] | undefined, key: string | undefined) =>
  certificates === undefined || key === undefined ? {} : { certificate: { cert: certificates.join(''), key } };

/** Is this another certificate's key? */
export const isForeignKey = (certificates: string[] | undefined, key: string | undefined): boolean => {
  const [first] = certificates ?? [];
  return first !== undefined && key !== undefined && !new X509Certificate(first).checkPrivateKey(createPrivateKey(key));
};

/** All of Altinn 2's but for its address. */
export const altinn2Settings = {
  ALTINN2_API_KEY: apiKey.optional(),
  ALTINN2_CONSENT_SCOPE: scopes.default('altinn:consentrequests.read altinn:consentrequests.write'),
  /** Guides and lists of scopes disagree; the list of scopes is what delegations are made from. */
  ALTINN2_TOKEN_SCOPE: scopes.default('altinn:consenttokens.read altinn:consenttokens.write'),
  ALTINN2_BEARER: z.enum(['maskinporten', 'exchanged']).default('maskinporten'),
  ALTINN2_CERTIFICATE_FILE: certificateFile.optional(),
  ALTINN2_CERTIFICATE_KEY_FILE: privateKeyFile.optional(),
  ALTINN2_LOST_AFTER_SECONDS: z.coerce.number().int().min(1).max(86_400).default(900),
};
