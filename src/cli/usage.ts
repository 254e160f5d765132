/** Says what can be asked for: as the answer to `--help`, or since the words were wrong. Answers the exit code. */
export const sayUsage = (words: readonly string[], usage: string): number => {
  const isAsked = words.includes('--help') || words.includes('-h');
  (isAsked ? process.stdout : process.stderr).write(usage);
  return isAsked ? 0 : 2;
};
