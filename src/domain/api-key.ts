import type { AppKey } from '../lib/app-key.ts';

export const tenantScopes = [
  'consents:read',
  'consents:write',
  'tokens:read',
  'data:read',
  'events:read',
  'webhooks:write',
  'keys:write',
] as const;
export type TenantScope = (typeof tenantScopes)[number];

export type { AppKey } from '../lib/app-key.ts';

/** While an app changes its keys it has two; some have one for each place they run in. */
export const mostAppKeys = 5;
export const mostAllowedAddresses = 50;

/** `secret`: shown by whoever calls. `private_key_jwt`: the app signs, and is handed short-lived tokens. */
export type ApiKey = {
  id: string;
  name: string;
  kind: 'secret' | 'private_key_jwt';
  prefix: string;
  scopes: TenantScope[];
  publicKeys?: AppKey[];
  /** Networks that it may be used from; without, from anywhere. */
  allowedAddresses?: string[];
  expiresAt?: Date;
  revokedAt?: Date;
  /** Id of the key it was made with, a tenant's own or an operator's; `bootstrap` for HUB_OPERATOR_KEY. */
  createdBy: string;
  createdAt: Date;
  /** Tokens that went out with it; nothing where there were none. */
  handedOut?: { tokens: number; lastAt: Date };
};

/** How an app's own tokens live. */
export const accessTokenSeconds = 600;
/** An assertion is for now, and not for later. */
export const longestAssertionSeconds = 300;
/** Clocks differ a little. */
export const clockLeewaySeconds = 10;
