import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { orFault, textFile } from './text-file.ts';

const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A file of certificates in PEM → each of them. Read at start: who is trusted does not change under a running process. */
export const certificateFile = textFile((text): string[] => {
  const found = text.match(blocks) ?? [];
  if (found.length === 0) throw new Error('the file holds no certificate in PEM');
  return orFault(
    () => found.map((block) => new X509Certificate(block).toString()),
    'the file holds a certificate that cannot be read',
  );
});

const isBare = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { pathname, search, hash, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return (pathname === '' || pathname === '/') && search === '' && hash === '';
};

/** `http://host:port`, perhaps with a user and a password. */
export const proxy = z.url({ protocol: /^https?$/ }).refine(isBare, 'is an address of http or https without a path');
