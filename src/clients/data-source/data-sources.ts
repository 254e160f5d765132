import { Pool } from 'undici';
import { Problem } from '../../domain/problem.ts';
import type { DataEnding, DataSources } from '../../usecases/data-port.ts';
import { guardedLookup, isForbidden } from './guarded-lookup.ts';
import { callOptions, Passing, type Patience, Unanswered } from './passing.ts';

type Options = Partial<Patience> & {
  connectMs?: number;
  /** To one data source. */
  connections?: number;
};

/** What is under way at the end gets so long to finish. */
const closingMs = 5000;

/**
 * Connections of its own for each data source, so that one that hangs holds up no other. Their certificates must be right. Bytes
 * pass as they are: compressed ones stay so.
 */
export const openDataSources = ({
  connectMs = 5000,
  firstByteMs = 30_000,
  idleMs = 15_000,
  connections = 256,
}: Options = {}): DataSources & { close(): Promise<void> } => {
  /** As many as the catalogue names. */
  const pools = new Map<string, Pool>();
  const poolFor = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known) return known;
    if (isForbidden(new URL(origin).hostname))
      throw new Problem('data-source-unavailable', 'Its address is one that nothing is sent to');
    const connect = { timeout: connectMs, rejectUnauthorized: true, lookup: guardedLookup };
    const pool = new Pool(origin, { connect, connections, pipelining: 1, keepAliveMaxTimeout: 30_000, allowH2: false });
    pools.set(origin, pool);
    return pool;
  };

  return {
    call: (call, taker) =>
      new Promise<DataEnding>((resolve, reject) => {
        const pool = poolFor(call.origin);
        let isAgain = false;
        let passing: Passing;
        const late = setTimeout(
          () => passing.stop(new Problem('data-source-timeout', `Not done within ${call.timeoutMs} ms`)),
          call.timeoutMs,
        );
        const attempt = () => {
          passing = new Passing(call, taker, {
            resolve(ending) {
              clearTimeout(late);
              resolve(ending);
            },
            reject(error) {
              const isUnanswered = error instanceof Unanswered;
              // A kept connection may have been closed by the other side just then. Only what changes nothing is sent again.
              if (isUnanswered && call.method === 'GET' && !isAgain) {
                isAgain = true;
                // Its connection is only just being given up.
                setImmediate(attempt);
                return;
              }
              clearTimeout(late);
              reject(isUnanswered ? error.cause : error);
            },
          });
          pool.dispatch(callOptions(call, { firstByteMs, idleMs }), passing);
        };
        attempt();
      }),
    async close() {
      const all = [...pools.values()];
      pools.clear();
      const timer = setTimeout(() => {
        for (const pool of all) void pool.destroy();
      }, closingMs);
      await Promise.all(all.map((pool) => pool.close())).finally(() => clearTimeout(timer));
    },
  };
};
