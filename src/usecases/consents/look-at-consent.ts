import type { Consent } from '../../domain/consent.ts';
import type { News } from '../../domain/decide.ts';
import { endsAt, expiringAt, isBack, nextByTime, nextLook, soonestRead } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import { readLanes, turnIsNearMs } from '../../domain/read-turns.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import { withToken } from '../tokens/with-token.ts';
import type { Work } from '../use-cases.ts';
import { changeConsent } from './change-consent.ts';
import { closeAtAltinn2 } from './close-at-altinn2.ts';
import { findLostRequest } from './lost-request.ts';
import { readUpstream } from './upstream.ts';

/** It ended with us, and not with the person: Altinn 2 is to take it back too. */
const isOwedAtAltinn2 = ({ status, upstream }: Consent): boolean =>
  (status === 'withdrawn' && upstream !== 'closed') || status === 'failed' || status === 'expired';

/** Longer than the longest pause after a failure. */
const soonMs = 20 * 60_000;

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

/**
 * Reads one consent at Altinn, which alone knows what a person answered, and lets the answer change ours. Looks again at
 * the pace of its age, within the budgets of its tenant and of the hub; when a browser is back, at once.
 *
 * What comes of time alone comes first, and whether or not Altinn answers: word that it ends soon, and its end, since
 * Altinn has no status for that. One that nobody has answered is read a last time before.
 */
export const lookAtConsent = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, memories, settings, readMetrics } = parts;
  const change = changeConsent(parts);
  const calling = withToken(parts, tokenFor);
  const readAtAltinn = readUpstream(parts, calling);
  const close = closeAtAltinn2(parts, calling, findLostRequest(parts, calling));
  const tell = (tenantId: string, id: string, ...news: News[]) =>
    store.asTenant(tenantId, (rows) => change(rows, id, ...news));

  /** As it stands once the tenant has been told what time brings. */
  const inTime = async (consent: Consent, expiringDays: number | undefined): Promise<Consent | undefined> => {
    const { tenantId, id } = consent;
    if (consent.status !== 'accepted') return consent;
    const now = clock.now();
    if (endsAt(consent) <= now) {
      await tell(tenantId, id, { kind: 'expired' });
      return undefined;
    }
    const tellAt = expiringAt(consent, expiringDays, now);
    if (expiringDays === undefined || !tellAt || tellAt > now) return consent;
    return tell(tenantId, id, { kind: 'expiring', days: expiringDays });
  };

  /** When to come again where it is not read now; undefined when it may be. */
  const waitsUntil = async (consent: Consent, ends: boolean): Promise<Date | undefined> => {
    const now = clock.now();
    const soonest = soonestRead(consent);
    if (!ends && soonest > now) return soonest;
    const lanes = readLanes(consent, now, settings.readBudget);
    const ask = { now, nearMs: turnIsNearMs, lanes, atOnce: isBack(consent) };
    return store.takeReadTurns(consent.tenantId, consent.id, ask);
  };

  const read = async (found: SealedParty, ends: boolean, signal: AbortSignal) => {
    const { tenantId, id } = found.consent;
    // What is answered while Altinn is being asked may or may not be in its answer.
    const askedAt = clock.now();
    const { status, consentedAt } = await readAtAltinn(found, signal);
    const said: News = { kind: 'upstream', status, ...(consentedAt ? { consentedAt } : {}) };
    return store.asTenant(tenantId, async (rows) => {
      await rows.consents.looked(id, askedAt);
      return change(rows, id, said, ...(ends ? [{ kind: 'expired' } as const] : []));
    });
  };

  return async ({ tenantId, subjectId: id }, signal) => {
    const expiringDays = (await memories.tenant.get(tenantId))?.tenant.expiringDays;
    const found = await store.findConsent(tenantId, id);
    if (!found) return undefined;
    const consent = await inTime(found.consent, expiringDays);
    if (consent?.generation === 'altinn2' && isOwedAtAltinn2(consent)) return close(consent, signal);
    if (consent?.status !== 'pending' && consent?.status !== 'accepted') return undefined;
    const ends = endsAt(consent) <= clock.now();
    const byTime = nextByTime(consent, expiringDays, clock.now());
    const until = await waitsUntil(consent, ends);
    if (until) return { nextAt: ends ? until : earlier(until, byTime) };
    readMetrics.consentRead(ends ? 'end' : isBack(consent) ? 'return' : 'pace');
    try {
      const after = await read({ ...found, consent }, ends, signal);
      return after && !after.endedAt ? { nextAt: nextLook(after, clock.now(), expiringDays) } : undefined;
    } catch (error) {
      // At its end it expires, whether or not Altinn can be asked what became of it.
      if (ends && error instanceof Problem) {
        await tell(tenantId, id, { kind: 'expired' });
        return undefined;
      }
      // Failures make it rest ever longer; time does not wait for that. Were this lost too, the rest is a quarter of an hour.
      const now = clock.now();
      if (byTime.getTime() - now.getTime() < soonMs)
        await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', id, byTime, now)).catch(() => {});
      throw error;
    }
  };
};

/** The national number of a consent goes a configured time after its end. */
export const eraseConsent =
  ({ store }: Pick<Parts, 'store'>): Work =>
  async ({ tenantId, subjectId }) => {
    await store.asTenant(tenantId, (rows) => rows.consents.erase(subjectId));
    return undefined;
  };
