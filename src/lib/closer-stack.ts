import type { Log } from './log.ts';

/** Parts close in reverse order of their opening, each even when one before it failed. */
export const closerStack = (log: Log) => {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  return {
    add<T extends { close(): Promise<unknown> }>(part: T): T {
      closers.push(() => part.close());
      return part;
    },
    close: (): Promise<void> => {
      closing ??= (async () => {
        for (const close of closers.splice(0).reverse())
          await close().catch((error: unknown) => log.error({ error }, 'a part did not close cleanly'));
      })();
      return closing;
    },
  };
};
