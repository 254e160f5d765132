import type { KeyState } from './client-keys.ts';
import type { KeptProblem } from './problem.ts';

/** What a client's tokens may be used for. */
export type Purpose = 'consents' | 'data' | 'admin';
/** A private key that leaves the caller's hands. PKCS#12 in base64, with its certificates. */
export type HandedKey =
  | { jwk: Record<string, unknown> }
  | { pem: string; passphrase?: string | undefined; kid?: string | undefined; certificateChain?: string[] | undefined }
  | { pkcs12: string; passphrase?: string | undefined };
export type KeyAsk = { generate: true } | HandedKey | { source: KeySource; kid?: string | undefined };
/** Where a private key lies that is not in the database: a mounted file by its name, or a token of PKCS#11 by its label. */
export type KeySource = { file: string } | { pkcs11: string };
export type ClientKey = {
  id: string;
  kid?: string;
  state: KeyState;
  publicJwk?: Record<string, unknown>;
  source?: KeySource;
  /** Why a worker found it unusable. */
  fault?: string;
  registeredAt?: Date;
  expiresAt?: Date;
  provedAt?: Date;
  /** Since when it signs; of a retiring one, since when it does not. */
  activeSince?: Date;
  /** The latest refusal of a grant signed with it, while it is not proved. */
  problem?: KeptProblem;
  warnedDays?: number;
  /** Since when the hub has seen it in its client's key set at Digdir. */
  listedAt?: Date;
  createdAt: Date;
  retiredAt?: Date;
};
export type MaskinportenClient = {
  id: string;
  name: string;
  clientId: string;
  purpose: Purpose;
  scopes: string[];
  keys: ClientKey[];
  /** Since when nothing is asked for with it, and why. */
  stoppedAt?: Date;
  stoppedProblem?: KeptProblem;
  createdAt: Date;
  updatedAt: Date;
};
