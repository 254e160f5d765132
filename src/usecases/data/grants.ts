import { LRUCache } from 'lru-cache';
import type { SealedParty } from '../consent-rows-port.ts';
import type { Notices, Ports } from '../ports.ts';
import type { HandedToken } from '../use-cases.ts';

/** As long as a process believes anything it remembers of keys and tenants. */
const believedMs = 5000;
const most = 10_000;
/** A token on its way may be looked at a moment later. */
const leastLeftMs = 3000;

type Asked = { tokens: Promise<HandedToken[]>; held?: HandedToken[] };

/** A consent as it is remembered, with its tokens by API key and service. */
type Known = {
  consent: Promise<SealedParty | undefined>;
  held?: Held;
  asked: Map<string, Asked>;
  stop(): void;
};

type Held = { sealed: SealedParty; tokens(keyId: string, service: string): HandedToken[] | undefined };

type At = { tenantId: string; id: string; keyId: string; service: string };

export type Grants = {
  /** Undefined for one that is not there, also for another tenant's. */
  consent(tenantId: string, id: string): Promise<SealedParty | undefined>;
  /** `isFresh`: asked for just now. */
  tokens(at: At, ask: () => Promise<HandedToken[]>): Promise<{ tokens: HandedToken[]; isFresh: boolean }>;
  /** The consent where it is at hand, and those of its tokens that are: at once. */
  held(tenantId: string, id: string): Held | undefined;
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

  const goodIn = (held: HandedToken[] | undefined): HandedToken[] | undefined => {
    const leastAt = clock.now().getTime() + leastLeftMs;
    return held?.every(({ expiresAt }) => expiresAt.getTime() > leastAt) ? held : undefined;
  };

  const look = (tenantId: string, id: string): Known => {
    const name = nameOf(tenantId, id);
    const there = known.get(name);
    if (there) return there;
    const forget = () => {
      if (known.peek(name) === made) known.delete(name);
    };
    // Heard before the look, so that nothing falls between.
    const stop = notices.on(`consent:${id}`, forget);
    const asked: Known['asked'] = new Map();
    const made: Known = { consent: store.findConsent(tenantId, id), asked, stop };
    known.set(name, made);
    made.consent.then((found) => {
      const held = (keyId: string, service: string) => goodIn(asked.get(`${keyId} ${service}`)?.held);
      if (found) made.held = { sealed: found, tokens: held };
      else forget();
    }, forget);
    return made;
  };

  return {
    consent: (tenantId, id) => look(tenantId, id).consent,
    held: (tenantId, id) => known.get(nameOf(tenantId, id))?.held,
    async tokens({ tenantId, id, keyId, service }, ask) {
      const { asked } = look(tenantId, id);
      const name = `${keyId} ${service}`;
      const before = asked.get(name);
      const good = before && goodIn(await before.tokens);
      if (good) return { tokens: good, isFresh: false };
      // Somebody else may have begun to ask anew meanwhile.
      const latest = asked.get(name);
      if (latest && latest !== before) return { tokens: await latest.tokens, isFresh: false };
      const made: Asked = { tokens: ask() };
      asked.set(name, made);
      try {
        made.held = await made.tokens;
        return { tokens: made.held, isFresh: true };
      } catch (error) {
        if (asked.get(name) === made) asked.delete(name);
        throw error;
      }
    },
    forget: (tenantId, id) => void known.delete(nameOf(tenantId, id)),
  };
};
