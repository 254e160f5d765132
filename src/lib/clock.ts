/** Where business time comes from. Nothing else asks the machine what time it is. */
export type Clock = { now(): Date };

/** A clock that can be pushed forward: the sandbox and the hub share one, so that both live in the same hour. */
export type MovableClock = Clock & {
  /** Moves by so many milliseconds (forward when positive) and tells those who listen. */
  move(byMs: number): void;
  /** Calls back after each move; the answer stops that. */
  onMove(listener: () => void): () => void;
};

export const systemClock: Clock = { now: () => new Date() };

export const movableClock = (base: Clock = systemClock): MovableClock => {
  let offsetMs = 0;
  const listeners = new Set<() => void>();
  return {
    now: () => (offsetMs === 0 ? base.now() : new Date(base.now().getTime() + offsetMs)),
    move(byMs) {
      offsetMs += byMs;
      for (const listener of listeners) listener();
    },
    onMove(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
