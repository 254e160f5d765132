import { Problem } from '../../src/domain/problem.ts';
import type { ConsentGateway, UpstreamConsent } from '../../src/usecases/altinn-port.ts';
import type { Chance } from './chance.ts';

export type Answer = 'Accepted' | 'Rejected' | 'Revoked';
export type FeedEntry = { id: string; status: Answer; at: Date };

/**
 * What persons have answered, in memory: thousands of orders of things are tried, and the sandbox, which is as strict as
 * Altinn, would take most of that time. Its answers come at once, late or not at all, as chance will have it.
 */
export const openPretendAltinn = (chance: Chance) => {
  const consents = new Map<string, Pick<UpstreamConsent, 'status' | 'consentedAt'>>();
  const feed: FeedEntry[] = [];
  const held: (() => void)[] = [];
  let isCalm = false;
  const letGo = (many: number): void => {
    for (const go of held.splice(0, many)) go();
  };
  const altinn3: ConsentGateway = {
    submit: () => Promise.reject(new Error('nothing is asked for here')),
    async read(id) {
      const found = consents.get(id);
      if (!found) throw new Problem('altinn-refused', 'no such consent');
      const answer = { ...found, id, approvalUrl: 'https://am.ui.example/request' };
      if (!isCalm && chance.whole(1, 6) === 1) throw new Problem('altinn-unavailable', 'no answer');
      // What was true when it was asked for is told when it may have changed.
      if (!isCalm && chance.whole(1, 3) === 1) await new Promise<void>((resolve) => held.push(resolve));
      return answer;
    },
  };
  return {
    altinn3,
    feed: feed as readonly FeedEntry[],
    knows: (id: string) => void consents.set(id, { status: 'Created' }),
    answer(id: string, status: Answer, at: Date): void {
      const before = consents.get(id);
      const consentedAt = status === 'Accepted' ? at : before?.consentedAt;
      consents.set(id, { status, ...(consentedAt ? { consentedAt } : {}) });
      feed.push({ id, status, at });
    },
    letOneGo: () => letGo(1),
    /** From now on all is answered, and at once. */
    calm(): void {
      isCalm = true;
      letGo(held.length);
    },
    stir(): void {
      isCalm = false;
    },
  };
};
