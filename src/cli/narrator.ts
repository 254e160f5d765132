/** Tells a story step by step, each with the time it took; colours where somebody watches. */
export const openNarrator = (out: NodeJS.WriteStream = process.stdout) => {
  const colour = (code: number, text: string) => (out.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);
  const began = performance.now();
  let last = began;
  return {
    say: (text: string) => void out.write(`${text}\n`),
    title: (text: string) => void out.write(`\n${colour(1, text)}\n\n`),
    /** A step that has just come true. */
    step(text: string, ms = performance.now() - last): void {
      last = performance.now();
      out.write(
        `  ${colour(32, '✓')} ${text} ${colour(90, ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)}\n`,
      );
    },
    detail: (text: string) => void out.write(`    ${colour(90, text)}\n`),
    failed: (text: string) => void out.write(`  ${colour(31, '✗')} ${text}\n`),
    elapsed: () => `${((performance.now() - began) / 1000).toFixed(1)} s`,
  };
};

export type Narrator = ReturnType<typeof openNarrator>;
