import { Problem } from '../../domain/problem.ts';
import { type AltinnCall, altinnRefusal } from '../../domain/refusals.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ConsentGateway, UpstreamConsent } from '../../usecases/ports.ts';
import { type HttpAnswer, type HttpCall, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { claimsOf, member, orgnoIn, scopesOf } from '../token-claims.ts';
import { fromWire, requestsPath, toWire } from './wire.ts';

type Options = { baseUrl: string; log: Log; clock: Clock; timeoutMs?: number };

const unreadable = (): Problem => new Problem('altinn-unavailable', 'Altinn’s answer could not be read.');

/** What our own token lets us do: the only clue to a 401 or 403 without a word. `now` by the clock of whoever refused it. */
const tokenSays = (token: string, now: Date): Pick<AltinnCall, 'token'> => {
  const claims = claimsOf(token);
  if (!claims) return {};
  const hasEnded = typeof claims.exp === 'number' && claims.exp * 1000 <= now.getTime();
  return { token: { consumer: orgnoIn(member(claims, 'consumer')), scopes: scopesOf(claims), hasEnded } };
};

/**
 * Consent requests of Altinn 3. The id is ours, so a repeated `submit` makes no second request; what it answers then has
 * another shape and is not looked at: reading gives the truth.
 */
export const openAltinn3 = ({
  baseUrl,
  log,
  clock,
  timeoutMs,
}: Options): ConsentGateway & { close(): Promise<void> } => {
  const http = openHttpCaller({ timeoutMs });
  const base = new URL(requestsPath, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);

  const call = async (ask: HttpCall, token: string, signal: AbortSignal): Promise<HttpAnswer> => {
    const headers = { ...ask.headers, authorization: `Bearer ${token}`, accept: 'application/json' };
    try {
      return await http.call({ ...ask, headers }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new Problem('altinn-unavailable', 'No answer from Altinn.', { cause: error });
    }
  };

  const refused = (answer: HttpAnswer, id: string, asked: AltinnCall): Problem => {
    const { problem } = altinnRefusal(answer, asked);
    const said = member(answer.body, 'code');
    log.info({ consentId: id, status: answer.status, said, code: problem.code }, 'altinn 3: refused');
    return problem;
  };

  const read = async (id: string, token: string, signal: AbortSignal, to?: string): Promise<UpstreamConsent> => {
    const url = new URL(`${base.href}/${encodeURIComponent(id)}`);
    const answer = await call({ method: 'GET', url }, token, signal);
    if (answer.status !== 200)
      throw refused(answer, id, { verb: 'read', to, ...tokenSays(token, answer.date ?? clock.now()) });
    const consent = fromWire(answer.body, id);
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
      const answer = await call({ method: 'POST', url: base, headers, body }, token, signal);
      if (answer.status === 201) return fromWire(answer.body, id) ?? confirmed(id, token, signal, to);
      if (answer.status === 200) return confirmed(id, token, signal, to);
      throw refused(answer, id, { verb: 'submit', to, ...tokenSays(token, answer.date ?? clock.now()) });
    },
    read: (id, token, signal) => read(id, token, signal),
    close: http.close,
  };
};
