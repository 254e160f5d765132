import type { MovableClock } from '../lib/clock.ts';
import type { Settings } from './settings.ts';

/** What callers were hung up on for, and which happens all the same, later. */
export type Landings = {
  /** After `afterMs`, or at some moment within the setting `landsWithinMs`. */
  later(land: () => void, afterMs?: number | undefined): void;
  pending(): { dueAt: string }[];
  /** All of it now; answers how many. */
  landAll(): number;
  /** Nothing lands any more. */
  close(): void;
};

type Flight = { dueAt: Date; land: () => void; timer: NodeJS.Timeout | undefined };

/** Due by the sandbox's clock: moving it brings them down, and so does real time. */
export const openLandings = (clock: MovableClock, settings: Pick<Settings, 'landsWithinMs'>): Landings => {
  const flights = new Set<Flight>();

  const bringDown = (flight: Flight): void => {
    clearTimeout(flight.timer);
    if (flights.delete(flight)) flight.land();
  };

  const wait = (flight: Flight): void => {
    clearTimeout(flight.timer);
    const leftMs = flight.dueAt.getTime() - clock.now().getTime();
    if (leftMs <= 0) bringDown(flight);
    else flight.timer = setTimeout(bringDown, leftMs, flight).unref();
  };

  const stopListening = clock.onMove(() => {
    for (const flight of [...flights].sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())) wait(flight);
  });

  return {
    later(land, afterMs = Math.random() * settings.landsWithinMs) {
      const flight: Flight = { dueAt: new Date(clock.now().getTime() + afterMs), land, timer: undefined };
      flights.add(flight);
      wait(flight);
    },
    pending: () => [...flights].map(({ dueAt }) => ({ dueAt: dueAt.toISOString() })),
    landAll() {
      const all = [...flights];
      for (const flight of all) bringDown(flight);
      return all.length;
    },
    close() {
      stopListening();
      for (const { timer } of flights) clearTimeout(timer);
      flights.clear();
    },
  };
};
