import { Problem, type ProblemCode } from '../../domain/problem.ts';
import { maskinportenRefusal, type Refusal } from '../../domain/refusals.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import { unless } from '../../lib/unless.ts';
import type { IssuedToken, Maskinporten, TokenAsk } from '../../usecases/ports.ts';
import { type HttpAnswer, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { openPublishedKeys } from '../published-keys.ts';
import { type BreakerState, type Health, openBreaker, type Pass } from './breaker.ts';
import { isSigned } from './is-signed.ts';
import { type Known, type MetadataPace, type MetadataState, openMetadata } from './metadata.ts';
import { longestPauseSeconds, openPauses } from './pauses.ts';
import { readToken } from './read-token.ts';
import { signGrant } from './sign-grant.ts';
import { openTheirClock } from './their-clock.ts';
import { tokenForm } from './wire.ts';

type Options = {
  /** With the slash at its end, which belongs to its name. */
  issuer: string;
  operatorOrgno: string;
  clock: Clock;
  ids: Ids;
  log: Log;
  known: Known;
  timeoutMs?: number;
  /** Life of a grant: 120 seconds at most, and a little less so that clocks may differ. */
  grantLifeSeconds?: number;
  metadataPace?: Partial<MetadataPace>;
  /** Told of each request that was sent, for metrics. */
  onAnswer?: (asked: { clientId: string; outcome: 'issued' | ProblemCode; seconds: number }) => void;
};

export type MaskinportenState = {
  metadata: MetadataState;
  /** How far Maskinporten's clock is ahead of ours, by its latest `Date` header; that counts whole seconds. */
  clockOffsetMs?: number;
  breaker: BreakerState;
};

/** Said only when nothing was sent. */
const heldBack = (why: string, { waitMs }: { waitMs: number }): Problem =>
  new Problem('maskinporten-unavailable', why, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });

type Outcome = { result: IssuedToken | Refusal; health: Health };
type Sent = { ask: TokenAsk; jti: string; askedAt: Date; assertion: string };

/**
 * Tokens from Maskinporten for the operator's clients, on behalf of any organisation that has delegated. What it refuses
 * is told apart by `domain/refusals.ts`.
 *
 * While it does not answer nobody's requests are sent, and after a 429 none of that client's for as long as it said. Grants
 * are dated by its clock where that differs from ours.
 */
export const openMaskinporten = (
  options: Options,
): Maskinporten & { state(): MaskinportenState; close(): Promise<void> } => {
  const { issuer, operatorOrgno, clock, ids, log, known, onAnswer, grantLifeSeconds = 110 } = options;
  const http = openHttpCaller({ timeoutMs: options.timeoutMs });
  const theirs = openTheirClock({ clock, log });
  const metadata = openMetadata({
    issuer,
    http,
    clock,
    log,
    known,
    pace: options.metadataPace,
    onAnswer: ({ date }, askedAt) => theirs.note(date, askedAt),
  });
  const keys = openPublishedKeys({
    place: async () => new URL((await metadata.current(AbortSignal.timeout(1000)))?.keysAt ?? 'jwk', issuer),
    name: 'the keys that Maskinporten signs with',
    missing: 'maskinporten-unavailable',
    // Only Maskinporten itself can make us look.
    unknownMs: 2000,
    ...{ http, clock, log },
  });
  /** What a consent opens is handed on only when Maskinporten has signed it; other tokens are their takers' to check. */
  const signed = async ({ token }: IssuedToken, signal: AbortSignal): Promise<void> => {
    if (!(await unless(signal, isSigned(token, keys))))
      throw new Problem('token-unexpected', 'The token was thrown away: no key of Maskinporten’s has signed it.');
  };
  const pauses = openPauses({ clock });
  const breaker = openBreaker({
    clock,
    onChange: (isOpen) =>
      isOpen
        ? log.error({ issuer }, 'maskinporten: it does not answer; nothing is sent but one try now and then')
        : log.info({ issuer }, 'maskinporten: it answers again'),
  });

  const enter = (clientId: string): Pass => {
    const waitMs = pauses.leftMs(clientId);
    if (waitMs > 0) throw heldBack('Maskinporten told the hub’s client to come back later.', { waitMs });
    const pass = breaker.enter();
    if ('waitMs' in pass) throw heldBack('Maskinporten does not answer; the hub tries it again by itself.', pass);
    return pass;
  };

  const refused = ({ ask, jti }: Sent, { retryAfterSeconds, ...answer }: HttpAnswer): Outcome => {
    const { clientId, scopes, consumer, resource } = ask;
    const { status } = answer;
    const wantsPause = status === 429 && retryAfterSeconds !== undefined && retryAfterSeconds > 0;
    const after = wantsPause ? Math.min(longestPauseSeconds, retryAfterSeconds) : retryAfterSeconds;
    const result = maskinportenRefusal(
      { ...answer, retryAfterSeconds: after },
      { scopes, consumer, operator: operatorOrgno, resource },
    );
    const { code, more } = result.problem;
    log.info({ clientId, scopes, consumer, jti, status, code, traceId: more.traceId }, 'maskinporten: refused');
    // All that were under way are told of one and the same pause: together they are one failure.
    const isNews = !wantsPause || pauses.begin(clientId, after ?? 0);
    if (result.class !== 'again-soon') return { result, health: 'up' };
    return { result, health: isNews ? 'down' : 'unknown' };
  };

  const send = async (sent: Sent, tokenEndpoint: string, signal: AbortSignal): Promise<Outcome> => {
    const { ask, askedAt, assertion } = sent;
    const sentAt = clock.now();
    try {
      const answer = await http.call(
        {
          method: 'POST',
          url: new URL(tokenEndpoint),
          headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          body: tokenForm(assertion),
        },
        signal,
      );
      // Before the answer is judged: a grant that was dated wrongly is made anew by the time this very answer shows.
      theirs.note(answer.date, sentAt);
      if (answer.status !== 200) return refused(sent, answer);
      const correctionMs = theirs.correctionMs();
      const result = readToken(answer.body, { ask, issuer, operatorOrgno, askedAt, correctionMs });
      return { result, health: 'class' in result && result.class === 'again-soon' ? 'down' : 'up' };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const problem = new Problem('maskinporten-unavailable', 'No answer from Maskinporten.', { cause: error });
      const result: Refusal = { class: error.failure.wasReset ? 'again-now' : 'again-soon', problem };
      // Whoever asked has run out of time, perhaps long before they came here.
      return { result, health: signal.aborted ? 'unknown' : 'down' };
    }
  };

  /** One try, with a grant of its own: an answer that was lost may have used up the one before. */
  const once = async (ask: TokenAsk, tokenEndpoint: string, signal: AbortSignal): Promise<IssuedToken | Refusal> => {
    const { clientId, key, scopes, consumer, resource, consent } = ask;
    const pass = enter(clientId);
    try {
      const askedAt = clock.now();
      const jti = ids.trace();
      const assertion = await signGrant(key, {
        issuer,
        clientId,
        scopes,
        consumerOrg: consumer === operatorOrgno ? undefined : consumer,
        resource,
        consent,
        issuedAtSeconds: Math.floor((askedAt.getTime() + theirs.correctionMs()) / 1000),
        lifeSeconds: grantLifeSeconds,
        jti,
      });
      const began = performance.now();
      const { result, health } = await send({ ask, jti, askedAt, assertion }, tokenEndpoint, signal);
      pass.end(health);
      const outcome = 'class' in result ? result.problem.code : 'issued';
      onAnswer?.({ clientId, outcome, seconds: (performance.now() - began) / 1000 });
      return result;
    } finally {
      pass.end('unknown');
    }
  };

  let timesRefused = false;
  /** Also grants by its own clock are refused for their times: no more than the `Date` header can tell, said once. */
  const tellOfTimes = (result: IssuedToken | Refusal): void => {
    const before = timesRefused;
    timesRefused = 'class' in result && result.problem.code === 'clock-wrong';
    if (timesRefused && !before)
      log.error(
        { clockOffsetMs: theirs.offsetMs() },
        'maskinporten: it refuses grants for their times, whatever its clock shows',
      );
  };

  return {
    issuer,
    async requestToken(ask, signal) {
      const found = await metadata.current(signal);
      if (!found) throw new Problem('maskinporten-unavailable', 'Its metadata has not been read yet.');
      let result = await once(ask, found.tokenEndpoint, signal);
      if ('class' in result && result.class === 'again-now') result = await once(ask, found.tokenEndpoint, signal);
      tellOfTimes(result);
      if ('class' in result) throw result.problem;
      if (ask.consent) await signed(result, signal);
      return result;
    },
    state() {
      const clockOffsetMs = theirs.offsetMs();
      return {
        metadata: metadata.state(),
        breaker: breaker.state(),
        ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }),
      };
    },
    async close() {
      metadata.close();
      await http.close();
    },
  };
};
