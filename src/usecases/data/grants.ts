import { LRUCache } from 'lru-cache';
import type { SealedParty } from '../consent-rows-port.ts';
import type { Notices, Ports } from '../ports.ts';
import type { HandedToken } from '../use-cases.ts';

/** As long as a process believes anything it remembers of keys and tenants. */
const believedMs = 5000;
const most = 10_000;
/** A token on its way may be looked at a moment later. */
const leastLeftMs = 3000;

type Known = {
  consent: Promise<SealedParty | undefined>;
  /** By API key and service. */
  tokens: Map<string, Promise<HandedToken[]>>;
  stop(): void;
};

export type Grants = {
  /** Undefined for one that is not there, also for another tenant's. */
  consent(tenantId: string, id: string): Promise<SealedParty | undefined>;
  /** `isFresh`: asked for just now. */
  tokens(
    at: { tenantId: string; id: string; keyId: string; service: string },
    ask: () => Promise<HandedToken[]>,
  ): Promise<{ tokens: HandedToken[]; isFresh: boolean }>;
  /** What happened here just now counts at once. */
  forget(tenantId: string, id: string): void;
};

/**
 * What one process remembers of consents whose data are being fetched, and of their tokens: page upon page comes for the same one,
 * and neither database nor audit need hear of each. Forgotten whenever the consent changes anywhere.
 */
export const openGrants = ({
  clock,
  store,
  notices,
}: Pick<Ports, 'clock' | 'store'> & { notices: Pick<Notices, 'on'> }): Grants => {
  const known = new LRUCache<string, Known>({ max: most, ttl: believedMs, dispose: ({ stop }) => stop() });
  // Told too whenever the listener breaks and nothing is heard of consents.
  notices.on('changed:tokens', () => known.clear());
  const nameOf = (tenantId: string, id: string) => `${tenantId} ${id}`;

  const look = (tenantId: string, id: string): Known => {
    const name = nameOf(tenantId, id);
    const there = known.get(name);
    if (there) return there;
    const forget = () => {
      if (known.peek(name) === made) known.delete(name);
    };
    // Heard before the look, so that nothing falls between.
    const stop = notices.on(`consent:${id}`, forget);
    const made: Known = { consent: store.findConsent(tenantId, id), tokens: new Map(), stop };
    known.set(name, made);
    made.consent.then((found) => found || forget(), forget);
    return made;
  };

  return {
    consent: (tenantId, id) => look(tenantId, id).consent,
    async tokens({ tenantId, id, keyId, service }, ask) {
      const { tokens } = look(tenantId, id);
      const name = `${keyId} ${service}`;
      const before = tokens.get(name);
      if (before) {
        const held = await before;
        const leastAt = clock.now().getTime() + leastLeftMs;
        if (held.every(({ expiresAt }) => expiresAt.getTime() > leastAt)) return { tokens: held, isFresh: false };
      }
      // Somebody else may have begun to ask anew meanwhile.
      const latest = tokens.get(name);
      if (latest && latest !== before) return { tokens: await latest, isFresh: false };
      const asked = ask();
      tokens.set(name, asked);
      asked.catch(() => tokens.get(name) === asked && tokens.delete(name));
      return { tokens: await asked, isFresh: true };
    },
    forget: (tenantId, id) => void known.delete(nameOf(tenantId, id)),
  };
};
