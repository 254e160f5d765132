import pg from 'pg';
import type { Log } from '../lib/log.ts';
import type { Notices } from '../usecases/ports.ts';

const channel = 'hub';
/** PostgreSQL takes 8,000 bytes a notice. */
const mostBytes = 7000;

export type OpenNotices = Notices & {
  /** Is there a connection that hears? */
  listens(): boolean;
  close(): Promise<void>;
};

/**
 * One notifier and one listener for a process. The first word after a silence goes out at once, what is told within
 * `everyMs` of it as one more notice, after the commits it speaks of, since `pg_notify` inside each transaction would cost
 * most of its rate. A lost one is no loss: those who wait also look by themselves now and then; and while nothing is heard
 * anything may have changed, so whoever listens for a `changed:` topic is called when the listener breaks and when it is back.
 *
 * @param directUrl a connection that stays with one session; a pooler in transaction mode would lose LISTEN
 */
export const openNotices = (pool: pg.Pool, directUrl: string, log: Log, everyMs = 5): OpenNotices => {
  const listeners = new Map<string, Set<() => void>>();
  const told = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isPending = false;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  /** Whoever may connect to the database may notify: what is not ours is passed over. */
  const topicsIn = (payload: string | undefined): string[] => {
    try {
      const read: unknown = JSON.parse(payload ?? '');
      if (Array.isArray(read)) return read.filter((topic) => typeof topic === 'string');
    } catch {
      // Told below, like any other that is not a list.
    }
    log.debug({ bytes: payload?.length ?? 0 }, 'a notice could not be read');
    return [];
  };

  const call = (topic: string) => {
    for (const listener of listeners.get(topic) ?? []) listener();
  };

  const missedSome = () => {
    for (const topic of listeners.keys()) if (topic.startsWith('changed:')) call(topic);
  };

  const flush = async () => {
    clearTimeout(timer);
    isPending = false;
    flushedAt = performance.now();
    const notices: string[][] = [[]];
    let bytes = 0;
    for (const topic of told) {
      bytes += Buffer.byteLength(topic) + 3;
      if (bytes > mostBytes) {
        notices.push([]);
        bytes = Buffer.byteLength(topic) + 3;
      }
      notices.at(-1)?.push(topic);
    }
    told.clear();
    for (const topics of notices)
      await pool
        .query({ name: 'notify', text: 'select pg_notify($1, $2)', values: [channel, JSON.stringify(topics)] })
        .catch((error: unknown) => {
          if (!closed) log.debug({ error }, 'a notice was lost');
        });
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: directUrl,
      application_name: 'samtykkehub listener',
      keepAlive: true,
    });
    next.on('notification', ({ payload }) => {
      for (const topic of topicsIn(payload)) call(topic);
    });
    const lost = (error?: unknown) => {
      if (client !== next && client !== undefined) return;
      client = undefined;
      next.removeAllListeners('end');
      next.end().catch(() => undefined);
      if (closed) return;
      log.warn({ error }, 'the listener for notices broke; connecting again');
      missedSome();
      retry = setTimeout(() => void connect(), 500);
    };
    next.on('error', lost);
    next.on('end', () => lost());
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      client = next;
      missedSome();
    } catch (error) {
      lost(error);
    }
  };
  const connected = connect();

  return {
    tell(topic) {
      told.add(topic);
      if (isPending) return;
      isPending = true;
      const waitMs = flushedAt + everyMs - performance.now();
      if (waitMs > 0) timer = setTimeout(() => void flush(), waitMs);
      else setImmediate(() => void flush());
    },
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
    listens: () => client !== undefined,
    async close() {
      closed = true;
      clearTimeout(retry);
      if (isPending) await flush();
      await connected;
      await client?.end().catch(() => undefined);
    },
  };
};
