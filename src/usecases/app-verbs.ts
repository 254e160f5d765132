import type { ApiKey, TenantScope } from '../domain/api-key.ts';

/** JWKs as they were sent: `createApiKey` says what is wrong with them. */
export type PublicKeysAsk = { keys: readonly Record<string, unknown>[] };

export type ApiKeyAsk = {
  name: string;
  scopes: TenantScope[];
  expiresAt?: Date | undefined;
  /** With it the key is the app's own (`private_key_jwt`), and no secret is made. */
  publicKeys?: PublicKeysAsk | undefined;
  allowedAddresses?: string[] | undefined;
};

export type ApiKeyChange = {
  name?: string | undefined;
  publicKeys?: PublicKeysAsk | undefined;
  /** Null: from anywhere. */
  allowedAddresses?: string[] | null | undefined;
};

/** What the token endpoint tells of itself (RFC 8414). */
export type AuthorizationServer = { issuer: string; tokenEndpoint: string };

/** An app that signs: what it said, and from where. */
export type GrantAsk = { assertion: string; clientId?: string | undefined; scope?: string | undefined };

/** API keys, and the tokens of apps that sign. `By`: the tenant itself, or the operator for it. */
export type AppVerbs<By, ByTenant> = {
  /** `key` is shown once, and is not there where the app has its own. @throws Problem `public-key-invalid`, `allowed-addresses-beyond` */
  createApiKey(by: By, tenantId: string, ask: ApiKeyAsk): Promise<ApiKey & { key?: string }>;
  listApiKeys(by: By, tenantId: string): Promise<ApiKey[]>;
  changeApiKey(by: By, tenantId: string, id: string, change: ApiKeyChange): Promise<ApiKey>;
  revokeApiKey(by: By, tenantId: string, id: string): Promise<void>;
  /** Notes that a key was shown at an address that it may not be used from. Never throws. */
  noteRefusedAddress(by: ByTenant, address: string): Promise<void>;

  readAuthorizationServer(): AuthorizationServer;
  /**
   * A signed word for a token. Each word is taken once, whichever process it comes to.
   *
   * @throws Problem `client-unauthenticated`, `scope-not-held`, `address-not-allowed`, `tenant-suspended`, `too-many-requests`
   */
  grantAccessToken(
    ask: GrantAsk,
    from: { address: string; requestId: string },
  ): Promise<{ token: string; expiresInSeconds: number; scopes: TenantScope[] }>;
};
