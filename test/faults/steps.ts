import { Redis } from 'ioredis';
import pg from 'pg';
import { until } from '../support/until.ts';
import type { FaultHub } from './hub-of-processes.ts';

/** A point of a consent's way where everything stands still for as long as a test wants. */
type Point = {
  /** A worker has come there and waits. */
  reached(): Promise<void>;
  /** Whoever still waits there may go on; but not what a dead worker left waiting inside the database. */
  leave(workerIs: 'alive' | 'dead'): Promise<void>;
};

export type Step = {
  name: string;
  /** On the way out to Altinn, or after a person has answered. */
  during: 'asking' | 'answering';
  /** The point is the queue engine itself: it cannot be emptied meanwhile. */
  holdsEngine?: true;
  arm(hub: FaultHub): Promise<Point>;
};

/** A call to the sandbox stands still before or after its effect. */
const held =
  (on: string, when: 'before' | 'after') =>
  async ({ sandbox }: FaultHub): Promise<Point> => {
    await sandbox.fault(on, { kind: 'hold', when, name: 'here' });
    return {
      reached: async () => void (await sandbox.parked('here')),
      leave: async () => void (await sandbox.clear()),
    };
  };

const answerHeld = async ({ receiver }: FaultHub): Promise<Point> => {
  receiver.holdNext();
  return { reached: async () => void (await receiver.holding()), leave: async () => receiver.letGo() };
};

/** Rows are locked in the order in which the hub does it. */
type Blocked = { locks: string; waiting: string };

/** A transaction of the test's own, at the hub's database. */
const transaction = async ({ adminUrl }: FaultHub, statement: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return client;
};

const isWaiting = async ({ rows }: FaultHub, statement: string): Promise<number | undefined> =>
  (
    await rows<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike $1`,
      [statement],
    )
  )[0]?.pid;

/** The answer of `first` has come, but what records it does not get through: the test holds the rows. */
const unrecorded =
  (first: (hub: FaultHub) => Promise<Point>, { locks, waiting }: Blocked) =>
  async (hub: FaultHub): Promise<Point> => {
    const answer = await first(hub);
    let lock: pg.Client | undefined;
    let pid: number | undefined;
    return {
      async reached() {
        await answer.reached();
        lock = await transaction(hub, locks);
        await answer.leave('alive');
        pid = await until(`a statement to wait: ${waiting}`, () => isWaiting(hub, waiting));
      },
      async leave(workerIs) {
        if (workerIs === 'dead') await hub.rows('select pg_terminate_backend($1, 5000)', [pid]);
        await lock?.end();
      },
    };
  };

/** Claimed by the relay, and not yet with the queue engine. */
const unhanded = async (hub: FaultHub): Promise<Point> => {
  const claimed = () =>
    until('work to be claimed', async () => {
      const found = await hub.rows(
        `select 1 from outbox where job = 'submit-consent' and leased_until > clock_timestamp()`,
      );
      return found.length > 0;
    });
  if (hub.redisUrl === undefined) {
    const lock = await transaction(hub, 'lock table bullmq.job in exclusive mode');
    return { reached: async () => void (await claimed()), leave: () => lock.end() };
  }
  const redis = new Redis(hub.redisUrl);
  await redis.client('PAUSE', 60_000, 'WRITE');
  return {
    reached: async () => void (await claimed()),
    async leave() {
      await redis.client('UNPAUSE');
      redis.disconnect();
    },
  };
};

/** Where a process can be lost, step by step along a consent's way. */
export const steps: Step[] = [
  { name: 'work is claimed and not yet handed over', during: 'asking', holdsEngine: true, arm: unhanded },
  { name: 'a token is asked for', during: 'asking', arm: held('token', 'before') },
  { name: 'a token is issued and not yet answered', during: 'asking', arm: held('token', 'after') },
  {
    name: 'a token has come and is not yet kept',
    during: 'asking',
    arm: unrecorded(held('token', 'after'), {
      locks: 'select 1 from tokens order by tenant_id, id for update',
      waiting: '%keep_token%',
    }),
  },
  { name: 'Altinn is asked', during: 'asking', arm: held('create', 'before') },
  { name: 'Altinn has the request and has not yet answered', during: 'asking', arm: held('create', 'after') },
  {
    name: 'Altinn has answered and the state is not yet recorded',
    during: 'asking',
    arm: unrecorded(held('create', 'after'), {
      locks: 'select 1 from consents order by tenant_id, id for update',
      waiting: '%change_consent%',
    }),
  },
  {
    name: 'the state is recorded and the work not yet settled',
    during: 'asking',
    arm: unrecorded(held('create', 'after'), {
      locks: `select 1 from outbox where job = 'submit-consent' for update`,
      waiting: 'delete from outbox%',
    }),
  },
  { name: 'a consent is read at Altinn', during: 'answering', arm: held('get', 'before') },
  {
    name: 'a consent was read and the news is not yet recorded',
    during: 'answering',
    arm: unrecorded(held('get', 'after'), {
      locks: 'select 1 from tenant_counters for update',
      waiting: '%change_consent%',
    }),
  },
  { name: 'a webhook is under way', during: 'asking', arm: answerHeld },
  {
    name: 'a webhook was answered and the answer is not yet recorded',
    during: 'answering',
    arm: unrecorded(answerHeld, {
      locks: 'select 1 from webhook_deliveries order by lane, id for update',
      waiting: '%record_tries%',
    }),
  },
];
