import type { Consent } from '../../domain/consent.ts';
import { decide, type News } from '../../domain/decide.ts';
import { consentEvent } from '../../domain/event.ts';
import { feedDueAfter } from '../../domain/feed-pace.ts';
import { nextLook } from '../../domain/pace.ts';
import type { ConsentChange } from '../consent-rows-port.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows } from '../store-port.ts';

type Needed = Pick<Parts, 'clock' | 'ids'> & { settings: Pick<Parts['settings'], 'eraseAfterMs'> };

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
  const isAltinn2 = consent.generation === 'altinn2';
  if (!before.requestedAt && consent.requestedAt && !isAltinn2)
    owed.push({ job: 'read-feed', due: feedDueAfter(now), subject: consent.tenantId });
  // Altinn 2 takes back what was withdrawn here.
  if (isAltinn2 && before.status !== 'withdrawn' && consent.upstream === 'open')
    owed.push({ job: 'read-consent', due: now });
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

/** As `planned`, looking ahead to the end of what is accepted now. `days`: the tenant's, asked when it is needed. */
const plannedAhead = async (
  parts: Needed,
  before: Consent,
  news: readonly News[],
  days: () => Promise<number | undefined>,
): Promise<ConsentChange | undefined> => {
  const change = planned(parts, before, news);
  if (!change || !isAcceptedNow(before, change.consent)) return change;
  const expiringDays = await days();
  const ahead: News[] = expiringDays === undefined ? [] : [{ kind: 'expiring', days: expiringDays }];
  return planned(parts, before, [...news, ...ahead], expiringDays);
};

const expiringDaysOf = async (rows: TenantRows): Promise<number | undefined> => (await rows.tenant()).expiringDays;

/** What consents that have ended leave behind goes: all their tokens at once, in the order that these have for everybody. */
const letGo = async (rows: TenantRows, ids: string[]): Promise<void> => {
  if (ids.length > 0) await rows.tokens.dropOfConsents(ids);
  for (const id of ids) {
    await rows.outbox.drop('submit-consent', id);
    await rows.outbox.drop('read-consent', id);
  }
};

/**
 * Lets news change a consent within a transaction: state, then what follows from it, then the events, which come last.
 * News that change nothing cost nothing. Answers the consent as it then stands.
 */
export const changeConsent =
  (parts: Needed) =>
  async (rows: TenantRows, id: string, ...news: News[]): Promise<Consent | undefined> => {
    const before = await rows.consents.lock(id);
    const change = before && (await plannedAhead(parts, before, news, () => expiringDaysOf(rows)));
    if (!change) return before;
    if (change.consent.endedAt) await letGo(rows, [id]);
    await rows.consents.change(change);
    return change.consent;
  };

/** News go by Altinn's ids. */
const toldOf = (news: ReadonlyMap<string, readonly News[]>, { id, upstreamId = id }: Consent): readonly News[] =>
  news.get(upstreamId) ?? [];

/**
 * The same for many of one tenant in one transaction. Those that nothing happens to are not locked; the others in the order of
 * their ids, and the events of all come last: so no two of these, nor anything else that changes a consent, ever wait for each
 * other. Ids that are not the tenant's with us are passed over. Answers how many changed.
 */
export const changeConsents =
  (parts: Needed) =>
  async (rows: TenantRows, news: ReadonlyMap<string, readonly News[]>): Promise<number> => {
    const meant = (await rows.consents.findSome([...news.keys()])).filter((consent) =>
      planned(parts, consent, toldOf(news, consent)),
    );
    if (meant.length === 0) return 0;
    const { expiringDays } = await rows.tenant();
    const changes: ConsentChange[] = [];
    for (const consent of await rows.consents.lockSome(meant.map(({ id }) => id))) {
      const change = await plannedAhead(parts, consent, toldOf(news, consent), async () => expiringDays);
      if (change) changes.push(change);
    }
    const ended = changes.filter(({ consent }) => consent.endedAt);
    await letGo(
      rows,
      ended.map(({ consent }) => consent.id),
    );
    await rows.consents.changeSome(changes);
    return changes.length;
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
