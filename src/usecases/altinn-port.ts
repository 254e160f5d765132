import type { Message } from '../domain/consent.ts';
import type { Party } from '../domain/party.ts';

export type Submission = {
  /** Ours, and so Altinn 3's: what makes repeating safe. */
  id: string;
  from: Party;
  /** Surname or organisation's name; Altinn 2 wants it and compares it with the registers. */
  fromName?: string;
  /** The tenant's organisation number. */
  to: string;
  requiredDelegator?: Party;
  requiredDelegatorName?: string;
  validTo: Date;
  /** `resource` as the generation names it (`upstreamName`): `ske-inntekt` in Altinn 3, `4628_210607` in Altinn 2. */
  rights: { resource: string; metadata: Record<string, string> }[];
  message?: Message;
  /** The hub's own callback. */
  redirectUrl: string;
};

export type UpstreamConsent = {
  id: string;
  status: 'Created' | 'Accepted' | 'Rejected' | 'Revoked' | 'Deleted';
  approvalUrl: string;
  consentedAt?: Date;
};

/** Consent requests at one generation of Altinn. */
export type ConsentGateway = {
  /** Safe to repeat with the same id. @throws Problem `altinn-…`, `not-on-access-list`, `person-unknown` … */
  submit(submission: Submission, token: string, signal: AbortSignal): Promise<UpstreamConsent>;
  /** The truth. @throws Problem `altinn-unavailable`, `altinn-refused` … */
  read(id: string, token: string, signal: AbortSignal): Promise<UpstreamConsent>;
};

/** A request that we made for one tenant, as Altinn 2 lists it. `redirectUrl` holds our state, where Altinn shows it. */
export type ListedRequest = UpstreamConsent & { redirectUrl?: string; changedAt: Date };

/** Signed by Altinn 2, and checked by us: of this consent, between these parties, for these rights. */
export type ConsentToken = { token: string; expiresAt: Date };

/** What a consent token must say to be of a consent of ours. */
export type ConsentTokenAsk = Pick<Submission, 'from' | 'to' | 'rights'> & { code: string };

/**
 * Consent requests at Altinn 2. Its ids are its own (authorisation codes), and nothing tells a repeat from another request.
 *
 * `submit` throws Problem `altinn-unreachable` only where nothing can have been sent, `altinn-unavailable` where it is not known
 * what became of it (no answer, 5xx, one that cannot be read), and any other where Altinn made no request: `altinn-busy` where
 * it wants us to wait.
 */
export type Altinn2 = ConsentGateway & {
  /**
   * A page of the requests we made for the token's consumer, the oldest change first; `next` goes on behind it. `after` begins
   * somewhat earlier than that, without all that came before.
   */
  list(
    from: string | { after: Date } | undefined,
    token: string,
    signal: AbortSignal,
  ): Promise<{ requests: ListedRequest[]; next?: string }>;
  /** Takes back a request that nobody has answered yet. @throws Problem `altinn-refused` where it is answered, or not ours */
  withdraw(code: string, token: string, signal: AbortSignal): Promise<void>;
  /** @throws Problem `consent-not-at-altinn` when Altinn gives none: not given, revoked, run out or used up, it does not say which; `consent-token-foreign` when what it gave is not of this consent */
  consentToken(ask: ConsentTokenAsk, token: string, signal: AbortSignal): Promise<ConsentToken>;
  /** Says that data were fetched; ends a one-time consent. */
  logUse(code: string, used: { resource: string; at: Date }, token: string, signal: AbortSignal): Promise<void>;
  /** The tenant throws away what it was given. */
  giveBack(code: string, token: string, signal: AbortSignal): Promise<void>;
};

/** One thing that happened to a consent request of the tenant’s, whoever made it. Without a status where it changes none. */
export type FeedNews = { consentId: string; at: Date; status?: UpstreamConsent['status'] };

/** `next` leads to the page after it. */
export type FeedPage = { news: FeedNews[]; next?: string };

/** What happened to all consent requests of one tenant, told some minutes late and in order. */
export type ConsentFeed = {
  /**
   * One page: the first one after that time, or the one that an earlier page’s `next` leads to. No `next`: there is no more yet.
   * @throws Problem as `read`; `feed-link-foreign` where the link leaves Altinn’s feed: the token goes nowhere else
   */
  readFeed(from: { after: Date } | { link: string }, token: string, signal: AbortSignal): Promise<FeedPage>;
};
