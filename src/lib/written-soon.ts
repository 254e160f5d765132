/**
 * What gathers in memory is written at the latest after this time, one write after the other, and once more at the end.
 *
 * @param write throws nothing; calls `later` itself where it is to be tried again
 */
export const writtenSoon = (write: (isLast: boolean) => Promise<void>, withinMs: number) => {
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  return {
    later(): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        writing = writing.then(() => write(false));
      }, withinMs);
    },
    async close(): Promise<void> {
      clearTimeout(timer);
      await writing;
      // Set anew where the write under way has failed.
      clearTimeout(timer);
      await write(true);
    },
  };
};
