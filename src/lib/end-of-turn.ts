let waiting: (() => void)[] = [];
const runAll = (): void => {
  const all = waiting;
  waiting = [];
  for (const one of all) one();
};

/**
 * What is ready to be sent in one turn of the event loop goes out together at its end. Each may wake whoever waits for it on
 * another processor, which costs more than the rest of a quick answer: together they wake it once.
 */
export const atEndOfTurn = (one: () => void): void => {
  if (waiting.push(one) === 1) setImmediate(runAll);
};
