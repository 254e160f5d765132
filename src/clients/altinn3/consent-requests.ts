import { Problem } from '../../domain/problem.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ConsentFeed, ConsentGateway, UpstreamConsent } from '../../usecases/altinn-port.ts';
import type { ConsentReader } from '../../usecases/consents/moving-port.ts';
import { openHttpCaller } from '../http-caller.ts';
import { altinnCalls, unreadable } from './calls.ts';
import { consentFeed } from './feed.ts';
import { wholeFromWire } from './whole-wire.ts';
import { fromWire, requestsPath, toWire } from './wire.ts';

type Options = { baseUrl: string; log: Log; clock: Clock; timeoutMs?: number };

/**
 * Consent requests of Altinn 3. The id is ours, so a repeated `submit` makes no second request; what it answers then has
 * another shape and is not looked at: reading gives the truth.
 */
export const openAltinn3 = ({
  baseUrl,
  log,
  clock,
  timeoutMs,
}: Options): ConsentGateway & ConsentFeed & ConsentReader & { close(): Promise<void> } => {
  const http = openHttpCaller({ timeoutMs });
  const base = new URL(requestsPath, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const calls = altinnCalls(http, { log, clock });

  const bodyOf = async (id: string, token: string, signal: AbortSignal, to?: string): Promise<unknown> => {
    const url = new URL(`${base.href}/${encodeURIComponent(id)}`);
    const answer = await calls.call({ method: 'GET', url }, token, signal);
    if (answer.status !== 200) throw calls.refused(answer, token, { verb: 'read', to }, { consentId: id });
    return answer.body;
  };
  const read = async (...ask: Parameters<typeof bodyOf>): Promise<UpstreamConsent> => {
    const consent = fromWire(await bodyOf(...ask), ask[0]);
    if (!consent) throw unreadable();
    return consent;
  };

  /** After a good answer to a create. Does Altinn not know it, then somebody else gave that answer: it is to be sent again. */
  const confirmed: typeof read = (...ask) =>
    read(...ask).catch((error: unknown) => {
      throw error instanceof Problem && error.code === 'altinn-refused' ? unreadable() : error;
    });

  return {
    async submit(submission, token, signal) {
      const { id, to } = submission;
      const body = JSON.stringify(toWire(submission));
      const headers = { 'content-type': 'application/json' };
      const answer = await calls.call({ method: 'POST', url: base, headers, body }, token, signal);
      if (answer.status === 201) return fromWire(answer.body, id) ?? confirmed(id, token, signal, to);
      if (answer.status === 200) return confirmed(id, token, signal, to);
      throw calls.refused(answer, token, { verb: 'submit', to }, { consentId: id });
    },
    read: (id, token, signal) => read(id, token, signal),
    async readWhole(id, token, signal) {
      const whole = wholeFromWire(await bodyOf(id, token, signal), id);
      if (!whole) throw unreadable();
      return whole;
    },
    readFeed: consentFeed(base, calls),
    close: http.close,
  };
};
