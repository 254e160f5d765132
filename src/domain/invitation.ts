import type { ReadinessStep } from './readiness.ts';

/** What the page for administrators is written in. */
export const languages = ['nb', 'nn', 'en'] as const;
export type Language = (typeof languages)[number];

/** A page for a tenant's administrator, as the operator sees it. The link itself is shown once, when it is made. */
export type Invitation = {
  id: string;
  /** Left out: whatever the reader's browser prefers. */
  language?: Language;
  createdAt: Date;
  /** When the link it has now was made. */
  sentAt: Date;
  expiresAt: Date;
  withdrawnAt?: Date;
  /** First and last time somebody opened the page with the link it has now, and how often. */
  openedAt?: Date;
  lastOpenedAt?: Date;
  openings: number;
};

/** Does its link lead to the page? */
export const stateOf = ({ withdrawnAt, expiresAt }: Invitation, now: Date): 'open' | 'expired' | 'withdrawn' => {
  if (withdrawnAt !== undefined) return 'withdrawn';
  return expiresAt > now ? 'open' : 'expired';
};

/** The operator's own words on the page. What is left out, the hub says in words of its own. */
export type InvitationText = { heading?: string; intro?: string; closing?: string };
export type KeptInvitationText = InvitationText & { updatedAt?: Date };

/** A step, and which scopes it is about, for a text that names them. */
export type InvitedStep = ReadinessStep & { scopes: string[] };
export type InvitedService = { service: string; dataScope: string; ready: boolean; steps: InvitedStep[] };

/** All that the page tells. */
export type InvitationPage = {
  language?: Language;
  expiresAt: Date;
  operator: { name?: string; orgno: string };
  tenant: { name: string; orgno: string };
  services: InvitedService[];
  /** Where the tenant delegates. */
  delegateLink: string;
  /** Now, by the hub's clock, and the moment before which it is not looked again. */
  now: Date;
  nextCheckAt?: Date;
  texts: Partial<Record<Language, InvitationText>>;
};

const day = 24 * 60 * 60 * 1000;
export const usualInvitationMs = 30 * day;
export const longestInvitationMs = 90 * day;
