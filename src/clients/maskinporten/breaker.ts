import type { Clock } from '../../lib/clock.ts';

const mostFailures = 5;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** While the one try is on its way nobody knows how long it will take. */
const tryMs = 1000;

/** What a request showed: an answer, however unkind; none, or none of theirs; or nothing at all. */
export type Health = 'up' | 'down' | 'unknown';

/** Leave to send one request. What is said of it first counts, and something must be said. */
export type Pass = { end(health: Health): void };

export type BreakerState = { isOpen: boolean; failures: number };

export type Breaker = {
  /** Leave to send, or how long to wait before asking again. */
  enter(): Pass | { waitMs: number };
  state(): BreakerState;
};

/**
 * Stops sending to somebody who was down five times in a row, whoever asked. After a pause of a second, twice as long each
 * time and 30 seconds at most, one request goes through: it closes the breaker, or begins the next pause. Nobody queues
 * behind it.
 */
export const openBreaker = ({ clock, onChange }: { clock: Clock; onChange: (isOpen: boolean) => void }): Breaker => {
  let failures = 0;
  let open: { since: number; pauseMs: number } | undefined;
  let tried: Pass | undefined;

  const stop = (pauseMs: number): void => {
    const isNews = !open;
    open = { since: clock.now().getTime(), pauseMs };
    if (isNews) onChange(true);
  };

  const effects: Record<Health, (wasTried: boolean) => void> = {
    up() {
      failures = 0;
      if (!open) return;
      open = undefined;
      onChange(false);
    },
    down(wasTried) {
      failures += 1;
      // What was sent before it opened and fails now says nothing new.
      if (open) wasTried && stop(Math.min(longestPauseMs, 2 * open.pauseMs));
      else if (failures >= mostFailures) stop(firstPauseMs);
    },
    unknown() {},
  };

  const newPass = (): Pass => {
    let isOver = false;
    const pass: Pass = {
      end(health) {
        if (isOver) return;
        isOver = true;
        const wasTried = tried === pass;
        if (wasTried || health === 'up') tried = undefined;
        effects[health](wasTried);
      },
    };
    return pass;
  };

  const waitMs = (): number => {
    if (!open) return 0;
    if (tried) return tryMs;
    const passedMs = clock.now().getTime() - open.since;
    // A clock that was set back must not make the pause longer.
    return passedMs < 0 ? 0 : Math.max(0, open.pauseMs - passedMs);
  };

  return {
    enter() {
      const wait = waitMs();
      if (wait > 0) return { waitMs: wait };
      const pass = newPass();
      if (open) tried = pass;
      return pass;
    },
    state: () => ({ isOpen: open !== undefined, failures }),
  };
};
