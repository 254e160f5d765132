/** Resolves when somebody wants this process to end: Ctrl-C, a supervisor, a closed terminal. */
export const stopWanted = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });

/** Does it, or says in one line why not. Configuration and reachability are the reader's to mend: no stack for those. */
export const orSay = async (work: () => Promise<number>): Promise<number> => {
  try {
    return await work();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
};
