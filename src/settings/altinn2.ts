import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The operator's key to the sandbox's Altinn 2: it opens nothing else. */
export const sandboxApiKey = '0a17e2aa-5a4d-4b0c-8000-000000000001';

export const apiKey = z.guid('is no API key: those of Altinn 2 are UUIDs');

/** A file with a private key in PEM → its text. Read at start, as the certificate it belongs to is. */
export const privateKeyFile = z.string().transform((path, ctx): string => {
  const fault = (message: string) => {
    ctx.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return fault('the file cannot be read');
  }
  if (text.includes('ENCRYPTED')) return fault('the file is locked; it must hold a key without a passphrase');
  try {
    return String(createPrivateKey(text).export({ type: 'pkcs8', format: 'pem' }));
  } catch {
    return fault('the file holds no private key in PEM');
  }
});

/** What speaks over two-way TLS; nothing where it is not set. */
export const certificateIn = (certificates: string[] | undefined, key: string | undefined) =>
  certificates === undefined || key === undefined ? {} : { certificate: { cert: certificates.join(''), key } };

/** Is this another certificate's key? */
export const isForeignKey = (certificates: string[] | undefined, key: string | undefined): boolean => {
  const [first] = certificates ?? [];
  return first !== undefined && key !== undefined && !new X509Certificate(first).checkPrivateKey(createPrivateKey(key));
};
