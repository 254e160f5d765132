import type { Consent } from '../../domain/consent.ts';
import { decide, type News } from '../../domain/decide.ts';
import { consentEvent } from '../../domain/event.ts';
import { nextLook } from '../../domain/pace.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows } from '../store-port.ts';

/**
 * Lets news, one after the other, change a consent within a transaction: state, then what follows from it, then the
 * events, which come last. News that change nothing cost nothing. Answers the consent as it then stands.
 */
export const changeConsent =
  ({ clock, ids, settings }: Pick<Parts, 'clock' | 'ids' | 'settings'>) =>
  async (rows: TenantRows, id: string, ...news: News[]): Promise<Consent | undefined> => {
    const before = await rows.consents.lock(id);
    if (!before) return undefined;
    const now = clock.now();
    const steps = [];
    let consent = before;
    for (const item of news)
      for (const step of decide(consent, item, now)) {
        steps.push(step);
        consent = step.consent;
      }
    if (steps.length === 0) return consent;
    await rows.consents.save(consent);
    if (!before.requestedAt && consent.requestedAt)
      await rows.outbox.owe('read-consent', id, nextLook(consent, now), now);
    if (consent.endedAt) {
      await rows.tokens.dropOfConsent(id);
      await rows.outbox.drop('submit-consent', id);
      await rows.outbox.drop('read-consent', id);
      await rows.outbox.owe('erase-consent', id, new Date(consent.endedAt.getTime() + settings.eraseAfterMs), now);
    }
    const events = steps.map((step) => consentEvent(ids.uuid(), step.event, step.consent));
    await rows.events.append(events, now);
    return consent;
  };
