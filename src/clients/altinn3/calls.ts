import { Problem } from '../../domain/problem.ts';
import { type AltinnCall, altinnRefusal } from '../../domain/refusals.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type HttpAnswer, type HttpCall, type HttpCaller, NoAnswer } from '../http-caller.ts';
import { member, tokenSays } from '../token-claims.ts';

export const unreadable = (): Problem => new Problem('altinn-unavailable', 'Altinn’s answer could not be read.');

/** How every call to Altinn 3 goes out with a token, and how what comes back instead of the wished is read. */
export const altinnCalls = (http: HttpCaller, { log, clock }: { log: Log; clock: Clock }) => ({
  async call(ask: HttpCall, token: string, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { ...ask.headers, authorization: `Bearer ${token}`, accept: 'application/json' };
    try {
      return await http.call({ ...ask, headers }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new Problem('altinn-unavailable', 'No answer from Altinn.', { cause: error });
    }
  },

  /** `about` is what the log line names. */
  refused(answer: HttpAnswer, token: string, asked: Omit<AltinnCall, 'token'>, about: { consentId?: string }): Problem {
    const { problem } = altinnRefusal(answer, { ...asked, ...tokenSays(token, answer.date ?? clock.now()) });
    const said = member(answer.body, 'code');
    log.info({ ...about, status: answer.status, said, code: problem.code }, 'altinn 3: refused');
    return problem;
  },
});

export type AltinnCalls = ReturnType<typeof altinnCalls>;
