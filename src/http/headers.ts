/** What an answer that is no page may do in a browser: nothing. */
const strictestPolicy = "default-src 'none'; frame-ancestors 'none'";

/** What somebody else answered may do no more, and is a stranger to whatever else comes from here. */
export const foreignPolicy = `${strictestPolicy}; sandbox`;

const always = [
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'cross-origin-resource-policy',
  'same-origin',
];

/** Headers that every response carries, pages and problems alike: names and values by turns, as they are written. */
export const headersOfAll = (requestId: string, secure: boolean, policy: string = strictestPolicy): string[] => {
  const headers = ['x-request-id', requestId, ...always, 'content-security-policy', policy];
  if (secure) headers.push('strict-transport-security', 'max-age=31536000');
  return headers;
};
