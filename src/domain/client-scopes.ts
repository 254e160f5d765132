export const clientWarningCodes = [
  'scopes-mixed',
  'key-expiring',
  'key-expired',
  'key-pending',
  'client-stopped',
  'no-key',
] as const;

/** What an operator should know of a client at Maskinporten. */
export type ClientWarning = { code: (typeof clientWarningCodes)[number]; detail: string };

/** A client as operators see it. */
export type Examined<Client> = Client & { warnings: ClientWarning[] };

/**
 * One client administers consents, others read data: the key of a client that holds both would, once stolen, both ask for
 * consents and read what they open, and a change for one purpose would stop the other.
 */
export const clientWarnings = (
  { purpose, scopes }: { purpose: string; scopes: readonly string[] },
  { consentScope, dataScopes }: { consentScope: string; dataScopes: readonly string[] },
): ClientWarning[] => {
  const consents = scopes.filter((scope) => scope === consentScope);
  const data = scopes.filter((scope) => scope !== consentScope && dataScopes.includes(scope));
  const others = purpose === 'consents' ? data : purpose === 'data' ? consents : [...consents, ...data];
  if (others.length === 0) return [];
  const many = others.length > 1 ? 'belong' : 'belongs';
  return [
    {
      code: 'scopes-mixed',
      detail: `${others.join(', ')} ${many} to a client of another purpose: register one for it, and take it from this one`,
    },
  ];
};
