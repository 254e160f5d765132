/** `v1`: HMAC with a shared secret. `v1a`: Ed25519, of which the tenant gets the public half. */
export const signings = ['v1', 'v1a'] as const;
export type Signing = (typeof signings)[number];

/** A receiver that is not public, and that the operator has allowed. `host` is as a URL has it. */
export type PrivateTarget = { host: string; port: number };

/** PEM: a chain, the own certificate first, and its key. */
export type HandedCertificate = { certificate: string; privateKey: string };
/** The same after a look; names in one line each. */
export type ClientCertificate = HandedCertificate & { subject: string; issuer: string; expiresAt: Date };

/** How the client says who it is at a token address: in a header, or in the body (RFC 6749, 2.3.1). */
export type ClientAuthentication = 'basic' | 'post';

type OAuthClient = {
  kind: 'oauth';
  tokenUrl: string;
  clientId: string;
  scope?: string | undefined;
  clientAuthentication: ClientAuthentication;
};

/** How the hub shows a receiver who it is, with what is secret in it. */
export type ReceiverAuthAsk = ({ kind: 'mtls' } & HandedCertificate) | (OAuthClient & { clientSecret: string });

/** The same without. `expiresAt` is the certificate's, in ISO 8601. */
export type ReceiverAuth = { kind: 'mtls'; subject: string; issuer: string; expiresAt: string } | OAuthClient;

/** What an endpoint may be made with, beside where it is and what it wants. */
export type HowItIsMade = {
  status?: 'enabled' | 'disabled' | undefined;
  signing?: Signing | undefined;
  /** The tenant's own, for `v1`. */
  secret?: string | undefined;
  auth?: ReceiverAuthAsk | undefined;
};

export type HowItIsChanged = {
  /** Another than now brings a new secret, beside which the old one signs for a day. */
  signing?: Signing | undefined;
  auth?: ReceiverAuthAsk | null | undefined;
};
