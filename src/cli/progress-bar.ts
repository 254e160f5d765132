const width = 30;
/** Drawn no oftener: somebody watches, and thousands go by. */
const everyMs = 100;

/** How far it is, on one line that is drawn anew; nothing where nobody watches. */
export const openBar = (total: number, out: NodeJS.WriteStream = process.stderr) => {
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = (done: number): void => {
    const part = total === 0 ? 1 : Math.min(1, done / total);
    const full = Math.round(part * width);
    out.write(`\r${'█'.repeat(full)}${'░'.repeat(width - full)} ${done} of ${total}`);
  };
  return {
    at(done: number): void {
      const now = performance.now();
      if (!out.isTTY || now - drawnAt < everyMs) return;
      drawnAt = now;
      draw(done);
    },
    end(done: number): void {
      if (!out.isTTY) return;
      draw(done);
      out.write('\n');
    },
  };
};
