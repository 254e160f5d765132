import { LRUCache } from 'lru-cache';
import { type Dispatcher, Pool } from 'undici';
import type { Log } from '../../lib/log.ts';
import { scrub } from '../../lib/mask.ts';
import type { DeliveryResult, WebhookSender } from '../../usecases/ports.ts';
import { retryAfterSeconds } from '../http-caller.ts';
import { egressRules } from './egress-rules.ts';
import { ConnectRefused, guardedConnect, type Resolve, resolveNames } from './guarded-connect.ts';
import { webhookHeaders } from './signature.ts';

type Options = {
  production: boolean;
  /** `host:port` or address ranges that may be reached although not public. Counts for nothing in production. */
  allow: readonly string[];
  log: Log;
  /** For one try in all, from the name's look-up to the answer's end. */
  timeoutMs?: number;
  resolve?: Resolve;
};

const maxBytes = 1024;
const maxPools = 256;
/** One that nobody has used for so long is closed. */
const idleMs = 60_000;
const closingMs = 5000;

const tls = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

const reasonOf = (error: unknown): NonNullable<DeliveryResult['error']> => {
  if (error instanceof ConnectRefused) return error.why;
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT|ETIMEDOUT/.test(String(code))) return 'timeout';
  return tls.test(String(code)) ? 'tls' : 'connection';
};

/** The beginning of an answer, as text a database takes. A number cut in two at the end goes with the cut. */
const beginningOf = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch {
    // The status has come: what was read of the rest will do.
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxBytes)).replaceAll('\0', '');
  return scrub(length > maxBytes ? text.replace(/\d+\uFFFD*$/, '') : text);
};

/** Signs and sends webhooks to addresses that tenants chose, and so to none that is not public. Follows no redirects. */
export const openWebhookSender = (options: Options): WebhookSender & { close(): Promise<void> } => {
  const { production, allow, log, timeoutMs = 10_000, resolve = resolveNames } = options;
  const rules = egressRules({ production, allow });
  const connect = guardedConnect(rules, resolve, timeoutMs);
  const leaving = new Set<Promise<void>>();
  const leave = (pool: Pool): void => {
    const closed = pool.close().finally(() => leaving.delete(closed));
    leaving.add(closed);
  };
  const pools = new LRUCache<string, Pool>({ max: maxPools, ttl: idleMs, updateAgeOnGet: true, dispose: leave });
  const sweep = setInterval(() => pools.purgeStale(), idleMs).unref();

  /** A tenant's own: calls of its that hang hold up nobody else's to the same receiver. */
  const poolFor = (tenantId: string, origin: string): Pool => {
    const name = `${tenantId} ${origin}`;
    const known = pools.get(name);
    if (known) return known;
    const pool = new Pool(origin, { connect, connections: 8, keepAliveMaxTimeout: 30_000, allowH2: false });
    pools.set(name, pool);
    return pool;
  };

  return {
    fault: rules.fault,
    async send(message, signal) {
      const startedMs = performance.now();
      const took = () => ({ durationMs: performance.now() - startedMs });
      if (rules.fault(message.url) !== undefined) return { error: 'refused-address', ...took() };
      const { origin, pathname, search } = new URL(message.url);
      try {
        const { statusCode, headers, body } = await poolFor(message.tenantId, origin).request({
          method: 'POST',
          path: pathname + search,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'samtykkehub',
            ...message.headers,
            ...webhookHeaders(message),
          },
          body: message.body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        const answer = await beginningOf(body);
        const after = retryAfterSeconds(headers['retry-after'], message.timestamp);
        return {
          status: statusCode,
          ...(statusCode >= 300 && statusCode < 400 ? { error: 'redirect' as const } : {}),
          ...(answer === '' ? {} : { answer }),
          ...(after === undefined ? {} : { retryAfterSeconds: after }),
          ...took(),
        };
      } catch (error) {
        const reason = reasonOf(error);
        log.debug({ webhookId: message.id, reason }, 'webhook: no answer');
        return { error: reason, ...took() };
      }
    },
    async close() {
      clearInterval(sweep);
      const all = [...pools.values()];
      pools.clear();
      const timer = setTimeout(() => {
        for (const pool of all) void pool.destroy();
      }, closingMs);
      await Promise.all(leaving);
      clearTimeout(timer);
    },
  };
};
