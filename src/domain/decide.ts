import type { Consent, ConsentStatus, Right } from './consent.ts';
import type { ConsentEventType } from './event.ts';
import { expiringAt } from './pace.ts';
import type { KeptProblem } from './problem.ts';

/** What one of the hub's senses has to say of a consent. Nothing more than a proposal: `decide` settles what follows. */
export type News =
  | { kind: 'submitted'; approvalUrl: string }
  | { kind: 'upstream'; status: 'Created' | 'Accepted' | 'Rejected' | 'Revoked' | 'Deleted'; consentedAt?: Date }
  | { kind: 'blocked'; problem: KeptProblem; on: string }
  | { kind: 'failed'; problem: KeptProblem }
  /** It ends within the days that its tenant wants to know of it ahead. */
  | { kind: 'expiring'; days: number }
  | { kind: 'expired' }
  | { kind: 'withdrawn'; mayBeAtAltinn: boolean }
  /** Found at Altinn 3 under the id it had in Altinn 2, with these rights. */
  | { kind: 'moved'; rights: Right[]; approvalUrl: string };

/** One change of a consent: what becomes of it, and the event that tells of it. Each raises `version` by one, so events of a consent have no holes. */
export type Step = { consent: Consent; event: ConsentEventType };

const ended: readonly ConsentStatus[] = ['rejected', 'revoked', 'expired', 'withdrawn', 'failed'];

/**
 * The one state machine. Pure: the same news twice, late or out of order leads to no step at all, since each status names
 * those it may follow. What was missed in between is told too: a consent first seen revoked was accepted before.
 */
export const decide = (before: Consent, news: News, now: Date): Step[] => {
  const steps: Step[] = [];
  let consent = before;
  const become = (status: ConsentStatus, more: Partial<Consent>, event: ConsentEventType) => {
    const { problem: _, blockedOn: __, ...rest } = consent;
    const endedAt = ended.includes(status) ? { endedAt: now } : {};
    consent = { ...rest, ...more, ...endedAt, status, version: consent.version + 1, updatedAt: now };
    steps.push({ consent, event });
  };
  const waiting = () => consent.status === 'queued' || consent.status === 'blocked';
  const accept = (consentedAt: Date | undefined) =>
    become('accepted', { consentedAt: consentedAt ?? now }, 'consent.accepted');

  switch (news.kind) {
    case 'submitted':
      if (waiting()) become('pending', { approvalUrl: news.approvalUrl, requestedAt: now }, 'consent.requested');
      break;
    case 'upstream':
      // A queued one is not known to be at Altinn: `submitted` has to come first.
      if (news.status === 'Accepted' && consent.status === 'pending') accept(news.consentedAt);
      if (news.status === 'Rejected' && consent.status === 'pending') become('rejected', {}, 'consent.rejected');
      if (news.status === 'Revoked') {
        if (consent.status === 'pending') accept(news.consentedAt);
        if (consent.status === 'accepted') become('revoked', {}, 'consent.revoked');
      }
      if (news.status === 'Deleted' && (consent.status === 'pending' || consent.status === 'accepted')) {
        const problem: KeptProblem = { code: 'altinn-deleted', detail: 'Altinn says it was deleted', mover: 'nobody' };
        become('failed', { problem }, 'consent.failed');
      }
      break;
    case 'blocked':
      // Blocked again for the same reason is no news; a consent stays blocked until it goes out.
      if (waiting() && !(consent.blockedOn === news.on && consent.problem?.code === news.problem.code))
        become('blocked', { problem: news.problem, blockedOn: news.on }, 'consent.blocked');
      break;
    case 'failed':
      if (waiting() || consent.status === 'pending') become('failed', { problem: news.problem }, 'consent.failed');
      break;
    case 'expiring': {
      const tellAt = expiringAt(consent, news.days, now);
      if (tellAt && tellAt <= now) become('accepted', { expiringToldAt: now }, 'consent.expiring');
      break;
    }
    case 'expired':
      if (!ended.includes(consent.status)) become('expired', {}, 'consent.expired');
      break;
    case 'moved': {
      const { rights, approvalUrl } = news;
      const isThere = consent.status === 'pending' || consent.status === 'accepted';
      if (isThere && consent.generation === 'altinn2')
        become(consent.status, { generation: 'altinn3', rights, approvalUrl }, 'consent.moved');
      break;
    }
    case 'withdrawn':
      if (!ended.includes(consent.status)) {
        // Altinn 3 has no way to take a request or a consent back; what never got there is simply closed.
        become('withdrawn', { upstream: news.mayBeAtAltinn ? 'open' : 'closed' }, 'consent.withdrawn');
      }
      break;
  }
  return steps;
};
