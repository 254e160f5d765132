import type { Consent } from '../../domain/consent.ts';
import { sameBytes } from '../../lib/seal.ts';
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

/**
 * Looks for a request that went out to Altinn 2 and whose answer was lost, by the state in its return address: nobody but us
 * knows it, and Altinn shows it to us alone.
 *
 * @throws Problem where the list cannot be read to its end: nothing is known then
 */
export const findLostRequest = (
  { store, settings, altinn2 }: Pick<Parts, 'store' | 'settings' | 'altinn2'>,
  calling: Calling,
) => {
  const asking = callingAltinn2({ settings }, calling);
  return async ({ tenantId, id, sentAt }: Consent, signal: AbortSignal): Promise<ListedRequest | undefined> => {
    const states = await store.asTenant(tenantId, (rows) => rows.consents.states(id));
    if (!sentAt || states.length === 0) return undefined;
    const callbacks = `${settings.publicUrl}/callback/`;
    const isOurs = ({ redirectUrl }: ListedRequest): boolean => {
      const state = stateIn(redirectUrl, callbacks);
      return state !== undefined && states.some((digest) => sameBytes(digest, stateDigest(state)));
    };
    let from: Parameters<typeof altinn2.list>[0] = { after: new Date(sentAt.getTime() - marginMs) };
    for (let page = 1; page <= mostPages; page += 1) {
      const { requests, next } = await asking(tenantId, 'requests', signal, (token) =>
        altinn2.list(from, token, signal),
      );
      const found = requests.find(isOurs);
      if (found || next === undefined) return found;
      from = next;
    }
    throw new Error(`the list of requests does not end within ${mostPages} pages`);
  };
};
