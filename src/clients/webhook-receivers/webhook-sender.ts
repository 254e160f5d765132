import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { scrub } from '../../lib/mask.ts';
import { unless } from '../../lib/unless.ts';
import { within } from '../../lib/within.ts';
import type { DeliveryResult, WebhookSender } from '../../usecases/ports.ts';
import { retryAfterSeconds } from '../http-caller.ts';
import { readClientCertificate } from './client-certificate.ts';
import { type DoorOptions, openEgressDoor } from './egress-door.ts';
import { ConnectRefused } from './guarded-connect.ts';
import type { Answered } from './post-once.ts';
import { ProxyRefused } from './proxy-tunnel.ts';
import { NoToken, receiverTokens } from './receiver-tokens.ts';
import { webhookHeaders } from './signature.ts';

type Options = Omit<DoorOptions, 'timeoutMs'> & {
  log: Log;
  /** By which tokens of receivers end. */
  clock?: Clock;
  /** For one try in all, from the name's look-up to the answer's end. */
  timeoutMs?: number;
};

type Message = Parameters<WebhookSender['send']>[0];

const maxBytes = 1024;

const tls = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

const reasonOf = (error: unknown): NonNullable<DeliveryResult['error']> => {
  if (error instanceof ConnectRefused || error instanceof NoToken) return error.why;
  if (error instanceof ProxyRefused) return 'proxy';
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT|ETIMEDOUT/.test(String(code))) return 'timeout';
  return tls.test(String(code)) ? 'tls' : 'connection';
};

/** Fewer characters of a token tell nothing of it. */
const leastOfToken = 4;

/**
 * A receiver that repeats what we said is not to show our token in the log of tries: neither the whole of it, nor the
 * beginning that stands where its answer was cut.
 */
const withoutToken = (text: string, token: string): string => {
  const told = text.replaceAll(token, '[token]');
  const from = Math.max(0, told.length - token.length + 1);
  for (let start = from; start <= told.length - leastOfToken; start += 1)
    if (token.startsWith(told.slice(start))) return `${told.slice(0, start)}[token]`;
  return told;
};

/** The beginning of an answer, as text a database takes. A number cut in two at the end goes with the cut. */
const textOf = ({ bytes, isCut }: Answered, token: string | undefined): string => {
  if (bytes.length === 0) return '';
  const text = new TextDecoder().decode(bytes).replaceAll('\0', '');
  const told = token === undefined ? text : withoutToken(text, token);
  return scrub(isCut && bytes.length >= maxBytes ? told.replace(/\d+\uFFFD*$/, '') : told);
};

/** Signs and sends webhooks to addresses that tenants chose. Follows no redirects. */
export const openWebhookSender = (options: Options): WebhookSender & { close(): Promise<void> } => {
  const { log, clock = systemClock, timeoutMs = 10_000, ...rest } = options;
  const door = openEgressDoor({ ...rest, timeoutMs });
  const tokens = receiverTokens(door, { clock, timeoutMs });

  const post = (message: Message, token: string | undefined, signal: AbortSignal): Promise<Answered> => {
    const { tenantId, url, body, auth, opened } = message;
    return door.post(
      {
        tenantId,
        url,
        headers: {
          'content-type': 'application/json',
          ...message.headers,
          ...webhookHeaders(message),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body,
        opened,
        certificate: auth?.kind === 'mtls' ? auth : undefined,
        maxBytes,
      },
      signal,
    );
  };

  /** A token that the receiver refuses is replaced once, unless it was fetched for this very call. */
  const exchange = async (message: Message, signal: AbortSignal): Promise<[Answered, string | undefined]> => {
    const { auth, tenantId, opened } = message;
    if (auth?.kind !== 'oauth') return [await post(message, undefined, signal), undefined];
    const holder = { tenantId, auth, opened };
    const first = await unless(signal, tokens.tokenFor(holder));
    const answer = await post(message, first.token, signal);
    if (answer.status !== 401) return [answer, first.token];
    tokens.refused(holder, first.token);
    if (first.isNew) return [answer, first.token];
    const { token } = await unless(signal, tokens.tokenFor(holder));
    return [await post(message, token, signal), token];
  };

  return {
    fault: door.fault,
    look: door.look,
    lookAtOpened: door.lookAtOpened,
    readCertificate: readClientCertificate,
    async send(message, stop) {
      const startedMs = performance.now();
      const took = () => ({ durationMs: performance.now() - startedMs });
      try {
        const [answered, token] = await within(timeoutMs, stop, (signal) => exchange(message, signal));
        const { status, headers } = answered;
        const answer = textOf(answered, token);
        const after = retryAfterSeconds(headers['retry-after'], message.timestamp);
        return {
          status,
          ...(status >= 300 && status < 400 ? { error: 'redirect' as const } : {}),
          ...(answer === '' ? {} : { answer }),
          ...(after === undefined ? {} : { retryAfterSeconds: after }),
          ...took(),
        };
      } catch (error) {
        const reason = reasonOf(error);
        log.debug({ webhookId: message.id, reason }, 'webhook: no answer');
        return { error: reason, ...(error instanceof NoToken ? { answer: scrub(error.told) } : {}), ...took() };
      }
    },
    close: door.close,
  };
};
