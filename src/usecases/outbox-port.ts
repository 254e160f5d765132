/** Work handed out: what a job in the queue engine carries. Ids only. */
export type HandOut = {
  outboxId: string;
  tenantId: string;
  subjectId: string;
  handOut: number;
  failures: number;
};

/** Owed work as the queues see it, over all tenants. */
export type Outbox = {
  /**
   * Leases due rows of one job, by turns over tenants: at most so many that `window` are out at once in all processes.
   * `now` is business time; leases run on the database's clock.
   */
  claim(job: string, now: Date, leaseMs: number, window: number): Promise<HandOut[]>;
  /** Its effect is recorded: the row goes, or stays until `nextAt`; what was owed again since it was handed out stays owed. */
  settle(job: string, done: HandOut, nextAt?: Date): Promise<void>;
  fail(job: string, failed: HandOut, again: Date, problem: string): Promise<void>;
  /** They could not be handed over after all: free for the next claim. */
  putBack(job: string, back: readonly HandOut[]): Promise<void>;
  /** When the next row of this job is due or its lease ends, in milliseconds from now; undefined when none is owed. */
  nextIn(job: string, now: Date): Promise<number | undefined>;
};
