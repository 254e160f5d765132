const outcomes = {
  accepted: 'Status=OK',
  rejected: 'Status=Failed&ErrorMessage=User+did+not+give+consent',
} as const;

/**
 * Where the browser goes after the answer. The outcome stands in the query, before a fragment; but when the fragment
 * is a route of its own (`#/…`), it stands in that. There is neither an id nor a signature in it.
 */
export const redirectAfter = (redirectUrl: string, outcome: keyof typeof outcomes): string => {
  const url = new URL(redirectUrl).href;
  const hash = url.indexOf('#');
  const isRoute = url.startsWith('#/', hash);
  const end = hash < 0 || isRoute ? url.length : hash;
  const queryOwner = url.slice(isRoute ? hash : 0, end);
  return `${url.slice(0, end)}${queryOwner.includes('?') ? '&' : '?'}${outcomes[outcome]}${url.slice(end)}`;
};
