/** What a redirect address is: an ordinary web address, or an app's private-use scheme, where browsers may block the jump. */
export type RedirectKind = 'web' | 'app';

const never = new Set([
  'javascript:',
  'data:',
  'file:',
  'blob:',
  'vbscript:',
  'about:',
  'ftp:',
  'ws:',
  'wss:',
  'view-source:',
]);

/**
 * May a browser be sent there? https; http on localhost outside production; or a private-use scheme, which holds a dot
 * (RFC 8252, 7.1). Anything else, user names and fragments of a script's making included, is refused.
 */
export const redirectKind = (text: string, production: boolean): RedirectKind | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const url = /[\u0000-\u0020\u007f\\]/.test(text) ? null : URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || never.has(url.protocol)) return undefined;
  if (url.protocol === 'https:') return 'web';
  if (url.protocol === 'http:') {
    const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]';
    return local && !production ? 'web' : undefined;
  }
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol) ? 'app' : undefined;
};

const fixedPart = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;

/** Scheme, host, port and path must be those of a registered address; query and fragment are the tenant's. */
export const isRegistered = (text: string, registered: readonly string[]): boolean => {
  // As most send it, and then nothing needs reading.
  if (registered.includes(text)) return true;
  const url = URL.parse(text);
  if (url === null) return false;
  const wanted = fixedPart(url);
  return registered.some((address) => {
    const one = URL.parse(address);
    return one !== null && fixedPart(one) === wanted;
  });
};

/** The tenant's address with the consent's id and status added. */
export const returnAddress = (redirectUrl: string, consentId: string, status: string): string => {
  const url = new URL(redirectUrl);
  url.searchParams.set('consent', consentId);
  url.searchParams.set('status', status);
  return url.href;
};
