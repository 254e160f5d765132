import type { ServerResponse } from 'node:http';

const always: readonly (readonly [string, string])[] = [
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** What an answer that is no page may do in a browser: nothing. */
const strictestPolicy = "default-src 'none'; frame-ancestors 'none'";

/** Headers that every response carries, pages and problems alike. */
export const setHeadersOfAll = (response: ServerResponse, requestId: string, secure: boolean): void => {
  response.setHeader('x-request-id', requestId);
  for (const [name, value] of always) response.setHeader(name, value);
  response.setHeader('content-security-policy', strictestPolicy);
  if (secure) response.setHeader('strict-transport-security', 'max-age=31536000');
};
