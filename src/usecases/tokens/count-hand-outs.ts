import type { HandOutCount, Ports } from '../ports.ts';
import type { HandOuts } from '../token-store-port.ts';

/** Tokens handed out are counted in memory and added up in the database within this time. */
const writtenWithinMs = 1000;
const hourMs = 60 * 60 * 1000;

/**
 * Counts every token that leaves the hub, by the API key it left with: never in the way of whoever asks. What a process
 * that is killed has not yet written, a second's worth at most, is lost; one that closes has written all.
 */
export const openHandOutCount = ({
  clock,
  store,
  log,
}: Pick<Ports, 'clock' | 'store' | 'log'>): HandOutCount & { close(): Promise<void> } => {
  let counted = new Map<string, HandOuts>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  const add = (out: HandOuts): void => {
    const name = `${out.keyId} ${out.scope} ${out.hour.getTime()}`;
    const known = counted.get(name);
    if (!known) counted.set(name, out);
    else {
      known.count += out.count;
      known.lastAt = out.lastAt;
    }
  };
  const write = async (): Promise<void> => {
    const outs = [...counted.values()];
    counted = new Map();
    if (outs.length === 0) return;
    await store.addHandOuts(outs).catch((error: unknown) => {
      log.warn({ error, many: outs.length }, 'tokens handed out are not counted yet; they will be');
      for (const out of outs) add(out);
      later();
    });
  };
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      writing = writing.then(write);
    }, writtenWithinMs);
  };

  return {
    count(tenantId: string, keyId: string, scope: string): void {
      const now = clock.now().getTime();
      const hour = new Date(now - (now % hourMs));
      add({ tenantId, keyId, scope, hour, count: 1, lastAt: new Date(now) });
      later();
    },
    async close(): Promise<void> {
      clearTimeout(timer);
      await writing;
      await write();
      clearTimeout(timer);
    },
  };
};
