import { jobNames } from './usecases/jobs.ts';

/** How one process divides the connections it may hold to PostgreSQL. Migrations come before all of these, one at a time. */
export type Shares = {
  tenant: number;
  operator: number;
  /** The queues', when they live in PostgreSQL too. */
  engine: number;
  /** Hears notices; stays open for as long as the process lives. */
  listener: number;
};

type Process = { isWorker: boolean; queuesInPostgres: boolean };

const listener = 1;
/** With fewer, one slow statement would keep everything else behind a door waiting. */
const leastDoors = { tenant: 3, operator: 2 };

/** A worker listens on a connection of its own for each queue, and needs some more to take and finish jobs. */
const leastEngine = ({ isWorker, queuesInPostgres }: Process): number =>
  queuesInPostgres ? (isWorker ? jobNames.length + 2 : 2) : 0;

/** The smallest budget such a process can live on. */
export const leastConnections = (what: Process): number =>
  leastEngine(what) + leastDoors.tenant + leastDoors.operator + listener;

/** The sum is the budget, never more. */
export const sharesOf = (budget: number, what: Process): Shares => {
  const wished = what.isWorker && what.queuesInPostgres ? Math.ceil(budget / 2) : 0;
  const engine = Math.max(wished, leastEngine(what));
  const doors = budget - engine - listener;
  const operator = Math.max(leastDoors.operator, Math.floor(doors * 0.35));
  return { tenant: doors - operator, operator, engine, listener };
};
