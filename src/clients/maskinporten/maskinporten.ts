import { Problem } from '../../domain/problem.ts';
import { maskinportenRefusal, type Refusal } from '../../domain/refusals.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { IssuedToken, Maskinporten, TokenAsk } from '../../usecases/ports.ts';
import { type HttpAnswer, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { claimsOf } from '../token-claims.ts';
import { tokenFault } from './check-token.ts';
import { type Known, type MetadataPace, type MetadataState, openMetadata } from './metadata.ts';
import { signGrant } from './sign-grant.ts';
import { TokenReply, tokenForm } from './wire.ts';

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
};

export type MaskinportenState = {
  metadata: MetadataState;
  /** How far Maskinporten's clock is ahead of ours, by its latest `Date` header; that counts whole seconds. */
  clockOffsetMs?: number;
};

const unavailable = (detail: string, cause?: unknown): Problem =>
  new Problem('maskinporten-unavailable', detail, { cause });

/** When it ends, by our clock: counted from before we asked, and never later than the token says itself. */
const endOf = (askedAt: Date, expiresIn: number | undefined, { iat, exp }: Record<string, unknown>): Date => {
  const ownEnd = typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY;
  const life = expiresIn ?? (typeof exp === 'number' && typeof iat === 'number' ? exp - iat : 0);
  return new Date(Math.min(askedAt.getTime() + life * 1000, ownEnd));
};

/**
 * Tokens from Maskinporten for the operator's clients, on behalf of any organisation that has delegated. What it refuses
 * is told apart by `domain/refusals.ts`.
 */
export const openMaskinporten = (
  options: Options,
): Maskinporten & { state(): MaskinportenState; close(): Promise<void> } => {
  const { issuer, operatorOrgno, clock, ids, log, known, grantLifeSeconds = 110 } = options;
  const http = openHttpCaller({ timeoutMs: options.timeoutMs });
  const metadata = openMetadata({ issuer, http, clock, log, known, pace: options.metadataPace });
  let clockOffsetMs: number | undefined;

  const noteClock = ({ date }: HttpAnswer, before: Date): void => {
    if (!date) return;
    const middle = (before.getTime() + clock.now().getTime()) / 2;
    // The header leaves out what is past the second: half of one on average.
    clockOffsetMs = Math.round(date.getTime() + 500 - middle);
  };

  const read = (ask: TokenAsk, answer: HttpAnswer, askedAt: Date): IssuedToken => {
    const reply = TokenReply.safeParse(answer.body);
    if (!reply.success) throw unavailable('Its answer could not be read.');
    const { access_token: token, expires_in: expiresIn } = reply.data;
    const claims = claimsOf(token);
    const fault = claims ? tokenFault(claims, { ...ask, issuer, operatorOrgno }) : 'it cannot be read';
    if (fault !== undefined || !claims) throw new Problem('token-unexpected', `The token was thrown away: ${fault}.`);
    return { token, expiresAt: endOf(askedAt, expiresIn, claims) };
  };

  /** One try, with a grant of its own: an answer that was lost may have used up the one before. */
  const once = async (ask: TokenAsk, tokenEndpoint: string, signal: AbortSignal): Promise<IssuedToken | Refusal> => {
    const { clientId, key, scopes, consumer, resource, consent } = ask;
    const askedAt = clock.now();
    const jti = ids.uuid();
    const assertion = await signGrant(key, {
      issuer,
      clientId,
      scopes,
      consumerOrg: consumer === operatorOrgno ? undefined : consumer,
      resource,
      consent,
      issuedAtSeconds: Math.floor(askedAt.getTime() / 1000),
      lifeSeconds: grantLifeSeconds,
      jti,
    });
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
      noteClock(answer, sentAt);
      if (answer.status === 200) return read(ask, answer, askedAt);
      const refusal = maskinportenRefusal(answer, { scopes, consumer, operator: operatorOrgno });
      const { code, more } = refusal.problem;
      log.info(
        { clientId, scopes, consumer, jti, status: answer.status, code, traceId: more.traceId },
        'maskinporten: refused',
      );
      if (code === 'clock-wrong') log.error({ clockOffsetMs }, 'maskinporten: our clock and theirs differ');
      return refusal;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const problem = unavailable('No answer from Maskinporten.', error);
      return { class: error.wasReset ? 'again-now' : 'again-soon', problem };
    }
  };

  return {
    issuer,
    async requestToken(ask, signal) {
      const found = await metadata.current(signal);
      if (!found) throw unavailable('Its metadata has not been read yet.');
      let result = await once(ask, found.tokenEndpoint, signal);
      if ('class' in result && result.class === 'again-now') result = await once(ask, found.tokenEndpoint, signal);
      if ('class' in result) throw result.problem;
      return result;
    },
    state: () => ({ metadata: metadata.state(), ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }) }),
    async close() {
      metadata.close();
      await http.close();
    },
  };
};
