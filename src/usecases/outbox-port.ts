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
  /** Put off while its tenant is suspended: no failure. Due `now` when the tenant was resumed meanwhile. */
  rest(job: string, resting: HandOut, until: Date, now: Date): Promise<void>;
  /** Is it still out under this number? Not once its lease has ended and a later hand-out has taken its place. */
  stands(job: string, handedOut: HandOut): Promise<boolean>;
  /** They could not be handed over after all: free for the next claim. */
  putBack(job: string, back: readonly HandOut[]): Promise<void>;
  /** When the next row of this job is due or its lease ends, in milliseconds from now; undefined when none is owed. */
  nextIn(job: string, now: Date): Promise<number | undefined>;
};
