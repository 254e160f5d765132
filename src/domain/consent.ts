import type { KeptProblem } from './problem.ts';

export const consentStatuses = [
  'queued',
  'blocked',
  'pending',
  'accepted',
  'rejected',
  'revoked',
  'expired',
  'withdrawn',
  'failed',
] as const;
export type ConsentStatus = (typeof consentStatuses)[number];

export type Right = { service: string; metadata: Record<string, string> };
export type Message = { nb?: string; nn?: string; en?: string };
export type Generation = 'altinn3' | 'altinn2';

/** A consent as it stands, without the number of whom it is about (that is sealed, and opened only where it is used). */
export type Consent = {
  tenantId: string;
  id: string;
  status: ConsentStatus;
  version: number;
  generation: Generation;
  reference?: string;
  party: { kind: 'person' | 'organization'; masked: string };
  rights: Right[];
  validTo: Date;
  redirectUrl: string;
  message?: Message;
  approvalUrl?: string;
  upstream?: 'open' | 'closed';
  problem?: KeptProblem;
  /** The access row it waits for while blocked. */
  blockedOn?: string;
  createdAt: Date;
  updatedAt: Date;
  requestedAt?: Date;
  consentedAt?: Date;
  /** When Altinn was last asked, with success: what a person answered before that is known. */
  lookedAt?: Date;
  returnedAt?: Date;
  /** When it was last read at once since a browser was back. */
  hurriedAt?: Date;
  endedAt?: Date;
  /** When its tenant was told that it ends soon. */
  expiringToldAt?: Date;
  /** Altinn's id where it is another than ours. */
  upstreamId?: string;
};

const open: readonly ConsentStatus[] = ['queued', 'blocked', 'pending', 'accepted'];

/** Can anything still happen to it? */
export const isOpen = ({ status }: Pick<Consent, 'status'>): boolean => open.includes(status);

/** May tokens and data be given for it? */
export const isInForce = ({ status, validTo }: Pick<Consent, 'status' | 'validTo'>, now: Date): boolean =>
  status === 'accepted' && validTo > now;

/** As tenants see it. Events carry the same without `from`. */
export type ConsentView = {
  id: string;
  status: ConsentStatus;
  version: number;
  from: { person: string } | { organization: string };
  rights: Right[];
  validTo: string;
  redirectUrl: string;
  message: Message | null;
  reference: string | null;
  approvalUrl: string | null;
  createdAt: string;
  updatedAt: string;
  upstream: 'open' | 'closed' | null;
  problem: { type: string; title: string; detail: string; mover: string; link: string | null } | null;
};
