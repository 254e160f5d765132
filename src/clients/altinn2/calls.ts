import { type Altinn2Call, altinn2Refusal } from '../../domain/altinn2-refusals.ts';
import { Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type CallerTls, type HttpAnswer, type HttpCall, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { tokenSays } from '../token-claims.ts';
import { exchangedTokens } from './exchanged-tokens.ts';

export type Altinn2Options = {
  /** Paths of Altinn's are put behind it. */
  baseUrl: string;
  /** The operator's own. Without it nothing is sent. */
  apiKey: string | undefined;
  operatorOrgno: string;
  /** The enterprise certificate that speaks in the token's place, over two-way TLS. */
  certificate?: CallerTls | undefined;
  /** Altinn's platform, where Maskinporten's tokens are exchanged for Altinn's own; without it they are used as they are. */
  exchangeUrl?: string | undefined;
  log: Log;
  clock: Clock;
  timeoutMs?: number;
};

type Verb = Altinn2Call['verb'];
type Ask = Pick<HttpCall, 'method' | 'body'> & {
  verb: Verb;
  /** Below `/api/`. */
  path: string;
  query?: Record<string, string> | undefined;
  token: string;
};

/** A page of a list holds up to ten thousand requests of some two kilobytes. */
const mostOfList = 30_000_000;

/** How a server refuses our certificate. */
const certificateRefused = /^ERR_SSL_\w*ALERT_(?:\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/;

export const unreadable = (): Problem => new Problem('altinn-unavailable', 'Altinn’s answer could not be read.');

const noAnswer = (error: NoAnswer, verb: Verb): Problem => {
  const { reason, wasSent } = error.failure;
  if (certificateRefused.test(reason) && !(verb === 'submit' && wasSent))
    return new Problem('altinn-not-authorised', 'Altinn 2 does not accept the enterprise certificate.', {
      cause: error,
    });
  return verb === 'submit' && !wasSent
    ? new Problem('altinn-unreachable', 'There is no connection to Altinn 2.', { cause: error })
    : new Problem('altinn-unavailable', 'No answer from Altinn.', { cause: error });
};

/** How every call to Altinn 2 goes out, and how what comes back instead of the wished is read. */
export const altinn2Calls = (options: Altinn2Options) => {
  const { baseUrl, apiKey, certificate, exchangeUrl, log, clock, timeoutMs } = options;
  // Altinn 2 may ask for the certificate when it has read the path, which TLS 1.3 has no way for here. And with 1.3 a refused
  // one shows after we have written, as a connection that broke.
  const tls: CallerTls | undefined = certificate && { ...certificate, maxVersion: 'TLSv1.2' };
  const http = openHttpCaller({ timeoutMs, tls });
  const open = openHttpCaller({ timeoutMs });
  const lists = openHttpCaller({ timeoutMs, tls, maxBytes: mostOfList });
  // A create can neither be repeated nor asked about: on a kept connection that is just being hung up on it would be lost in
  // the unknown.
  const creates = openHttpCaller({ timeoutMs, tls, keepsAlive: false });
  const callerOf = (verb: Verb) => (verb === 'submit' ? creates : verb === 'list' ? lists : http);
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const byCertificate = tls !== undefined;
  const exchanged = byCertificate || exchangeUrl === undefined ? undefined : exchangedTokens(exchangeUrl, open);

  const urlOf = (path: string, query: Record<string, string> = {}): URL => {
    const url = new URL(`api/${path}`, base);
    const given = new URLSearchParams(query).toString();
    url.search = [...(byCertificate ? ['ForceEIAuthentication'] : []), ...(given === '' ? [] : [given])].join('&');
    return url;
  };

  return {
    base,
    /** Without key, token and the rest: for what anybody may read. */
    open,
    async call({ verb, path, query, token, ...ask }: Ask, signal: AbortSignal): Promise<HttpAnswer> {
      if (apiKey === undefined) throw new Problem('altinn2-not-set-up', 'There is no API key for Altinn 2.');
      const bearer = (await exchanged?.(token, signal)) ?? { token };
      // A token that cannot be exchanged would not be taken either: the same answer, by the same clock.
      if ('refused' in bearer) return bearer.refused;
      const headers = {
        apikey: apiKey,
        ...(byCertificate ? {} : { authorization: `Bearer ${bearer.token}` }),
        // Without it answers have no links.
        accept: 'application/hal+json',
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      try {
        return await callerOf(verb).call({ ...ask, url: urlOf(path, query), headers }, signal);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        const { reason, wasSent } = error.failure;
        log.debug({ verb, reason, wasSent }, 'altinn 2: no answer');
        throw noAnswer(error, verb);
      }
    },

    /** `about` is what the log line names. */
    refused(
      answer: HttpAnswer,
      token: string,
      asked: Omit<Altinn2Call, 'token' | 'byCertificate'>,
      about: { consentId?: string; code?: string },
    ): Problem {
      const says = byCertificate ? {} : tokenSays(token, answer.date ?? clock.now());
      const { problem } = altinn2Refusal(answer, { ...asked, ...says, byCertificate });
      const { code: upstreamId, ...rest } = about;
      const tell = problems[problem.code].mover === 'operator' ? log.error : log.info;
      tell.call(
        log,
        { ...rest, ...(upstreamId && { upstreamId }), verb: asked.verb, status: answer.status, code: problem.code },
        'altinn 2: refused',
      );
      return problem;
    },

    async close(): Promise<void> {
      await Promise.all([http.close(), open.close(), lists.close(), creates.close()]);
    },
  };
};

export type Altinn2Calls = ReturnType<typeof altinn2Calls>;
