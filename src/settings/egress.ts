import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A file of certificates in PEM → each of them. Read at start: who is trusted does not change under a running process. */
export const certificateFile = z.string().transform((path, ctx): string[] => {
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
  const found = text.match(blocks) ?? [];
  if (found.length === 0) return fault('the file holds no certificate in PEM');
  try {
    return found.map((block) => new X509Certificate(block).toString());
  } catch {
    return fault('the file holds a certificate that cannot be read');
  }
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
