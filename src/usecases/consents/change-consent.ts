import type { Consent } from '../../domain/consent.ts';
import { decide, type News } from '../../domain/decide.ts';
import { consentEvent } from '../../domain/event.ts';
import { nextLook } from '../../domain/pace.ts';
import type { Parts } from '../memory.ts';
import type { ConsentChange, TenantRows } from '../store-port.ts';

type Needed = Pick<Parts, 'clock' | 'ids' | 'settings'>;

/** What becomes of a consent by this news, one after the other; undefined when nothing does. */
const planned = (
  { clock, ids, settings }: Needed,
  before: Consent,
  news: readonly News[],
  expiringDays?: number,
): ConsentChange | undefined => {
  const now = clock.now();
  const steps = [];
  let consent = before;
  for (const item of news)
    for (const step of decide(consent, item, now)) {
      steps.push(step);
      consent = step.consent;
    }
  if (steps.length === 0) return undefined;
  const owed: ConsentChange['owed'] = [];
  if ((!before.requestedAt && consent.requestedAt) || isAcceptedNow(before, consent))
    owed.push({ job: 'read-consent', due: nextLook(consent, now, expiringDays) });
  if (consent.endedAt)
    owed.push({ job: 'erase-consent', due: new Date(consent.endedAt.getTime() + settings.eraseAfterMs) });
  const events = steps.map((step) => consentEvent(ids.uuid(), step.event, step.consent));
  return { seen: before.version, consent, owed, events, now };
};

/** Accepted by this change: from now on its end is looked out for, and may be near enough to be told at once. */
const isAcceptedNow = (before: Consent, after: Consent): boolean =>
  before.status !== 'accepted' && after.status === 'accepted';

const plannedAhead = async (parts: Needed, rows: TenantRows, before: Consent, news: readonly News[]) => {
  const { expiringDays: days } = await rows.tenant();
  const ahead: News[] = days === undefined ? [] : [{ kind: 'expiring', days }];
  return planned(parts, before, [...news, ...ahead], days);
};

/**
 * Lets news change a consent within a transaction: state, then what follows from it, then the events, which come last.
 * News that change nothing cost nothing. Answers the consent as it then stands.
 */
export const changeConsent =
  (parts: Needed) =>
  async (rows: TenantRows, id: string, ...news: News[]): Promise<Consent | undefined> => {
    const before = await rows.consents.lock(id);
    const seen = before && planned(parts, before, news);
    if (!seen) return before;
    const change = (isAcceptedNow(before, seen.consent) && (await plannedAhead(parts, rows, before, news))) || seen;
    if (change.consent.endedAt) {
      await rows.tokens.dropOfConsent(id);
      await rows.outbox.drop('submit-consent', id);
      await rows.outbox.drop('read-consent', id);
    }
    await rows.consents.change(change);
    return change.consent;
  };

/**
 * The same for one that was read a moment ago, in a single statement where that suffices: it has not changed since, and
 * neither ends nor is accepted.
 */
export const changeSeenConsent = (parts: Needed & Pick<Parts, 'store'>) => {
  const inTransaction = changeConsent(parts);
  return async (seen: Consent, ...news: News[]): Promise<Consent | undefined> => {
    const change = planned(parts, seen, news);
    const suffices = change && !change.consent.endedAt && !isAcceptedNow(seen, change.consent);
    if (suffices && (await parts.store.changeConsent(seen.tenantId, change))) return change.consent;
    return parts.store.asTenant(seen.tenantId, (rows) => inTransaction(rows, seen.id, ...news));
  };
};
