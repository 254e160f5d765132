import type { Consent } from '../../domain/consent.ts';
import { coalesced } from '../../lib/coalesce.ts';
import { unless } from '../../lib/unless.ts';
import type { ListedRequest } from '../altinn-port.ts';
import type { Parts } from '../memory.ts';
import { stateDigest } from './state.ts';
import { type Calling, callingAltinn2 } from './upstream.ts';

/** Altinn 2's clock and ours may differ by so much. */
const marginMs = 5 * 60_000;
/** Of one look. What is behind them is seen at the next: a list so long has moved on by then. */
const mostPages = 200;

/** What stands behind the last slash of one of our return addresses. */
const stateIn = (address: string | undefined, callbacks: string): string | undefined =>
  address?.startsWith(callbacks) ? address.slice(callbacks.length).split(/[?#/]/)[0] : undefined;

const keyOf = (digest: Uint8Array): string => Buffer.from(digest).toString('base64');

type Lost = { sentAt: Date; states: Uint8Array[] };

/** For one walk, whoever waits for it. */
const walkMs = 25_000;

/**
 * Looks for requests that went out to Altinn 2 and whose answers were lost, by the state in their return addresses: nobody but us
 * knows it, and Altinn shows it to us alone. All that a tenant has lost are looked for together: a list may be long.
 *
 * @throws Problem where the list cannot be read to its end: nothing is known then
 */
export const findLostRequest = (
  { store, settings, altinn2 }: Pick<Parts, 'store' | 'settings' | 'altinn2'>,
  calling: Calling,
) => {
  const asking = callingAltinn2({ settings }, calling);

  const walk = async (tenantId: string, lost: readonly Lost[]): Promise<(ListedRequest | undefined)[]> => {
    const signal = AbortSignal.timeout(walkMs);
    const callbacks = `${settings.publicUrl}/callback/`;
    const places = new Map(
      lost.flatMap(({ states }, place) => states.map((digest) => [keyOf(digest), place] as const)),
    );
    const found: (ListedRequest | undefined)[] = lost.map(() => undefined);
    const oldest = Math.min(...lost.map(({ sentAt }) => sentAt.getTime()));
    let from: Parameters<typeof altinn2.list>[0] = { after: new Date(oldest - marginMs) };
    for (let page = 1; page <= mostPages; page += 1) {
      const { requests, next } = await asking(tenantId, 'requests', signal, (token) =>
        altinn2.list(from, token, signal),
      );
      for (const request of requests) {
        const state = stateIn(request.redirectUrl, callbacks);
        const place = state === undefined ? undefined : places.get(keyOf(stateDigest(state)));
        if (place !== undefined) found[place] = request;
      }
      if (next === undefined || !found.includes(undefined)) return found;
      from = next;
    }
    throw new Error(`the list of requests does not end within ${mostPages} pages`);
  };

  const shared = coalesced<Lost, ListedRequest | undefined>(
    async ([group]) => (group ? [await walk(group.key, group.asks)] : []),
    { lanes: 2, most: { groups: 1, asks: 10_000 } },
  );

  return async ({ tenantId, id, sentAt }: Consent, signal: AbortSignal): Promise<ListedRequest | undefined> => {
    const states = await store.asTenant(tenantId, (rows) => rows.consents.states(id));
    return sentAt && states.length > 0 ? unless(signal, shared(tenantId, { sentAt, states })) : undefined;
  };
};
