import type { Notices } from '../ports.ts';

/** However good the notices are: whoever follows looks by itself. */
const sweepMs = 5000;

/** One follower's ear for one tenant. */
export type Watch = {
  /** Grows with each notice and each sweep. */
  heard(): number;
  /** Until it has grown beyond that, or `signal` is aborted. */
  hears(since: number, signal: AbortSignal): Promise<void>;
  leave(): void;
};

/** All who follow one tenant's events in this process: one notice and one sweep wake them together. */
type Ear = { heard: number; followers: number; wake: Set<() => void>; stop(): void };

export const openWatches = (notices: Notices): ((tenantId: string) => Watch) => {
  const ears = new Map<string, Ear>();
  const open = (tenantId: string): Ear => {
    const hear = () => {
      ear.heard += 1;
      for (const wake of [...ear.wake]) wake();
    };
    const sweep = setInterval(hear, sweepMs);
    const stopHearing = notices.on(`events:${tenantId}`, hear);
    const ear: Ear = {
      heard: 0,
      followers: 0,
      wake: new Set(),
      stop() {
        clearInterval(sweep);
        stopHearing();
        ears.delete(tenantId);
      },
    };
    ears.set(tenantId, ear);
    return ear;
  };
  return (tenantId) => {
    const ear = ears.get(tenantId) ?? open(tenantId);
    ear.followers += 1;
    return {
      heard: () => ear.heard,
      hears: (since, signal) =>
        new Promise((resolve) => {
          if (ear.heard > since || signal.aborted) return resolve();
          const wake = () => {
            ear.wake.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          ear.wake.add(wake);
          signal.addEventListener('abort', wake);
        }),
      leave() {
        ear.followers -= 1;
        if (ear.followers === 0) ear.stop();
      },
    };
  };
};
