/** Work handed out: what a job in the queue engine carries. Ids only. */
export type HandOut = {
  outboxId: string;
  tenantId: string;
  subjectId: string;
  handOut: number;
  failures: number;
};

/** What a relay has to give. */
export type Places = {
  /** So many of its hand-outs may be out at once. */
  places: number;
  /** So many of them one tenant gets that is alone. Of several, each gets less, so that there is room for another. */
  share: number;
  /** Whose turn was the last: the round goes on behind it. */
  after: string | undefined;
  /** What it has handed out, as far as it knows. Each is looked for. */
  out: readonly HandOut[];
  /** Whose it has handed out a moment ago, a name for each: they are out, and not looked for. */
  young: readonly string[];
};

export type Claimed = {
  /** In the order of their turns. */
  handOuts: HandOut[];
  /** Ids of what was `out` and still is. */
  standing: string[];
  /** Something is due that did not get a place: others must end first. */
  isLeft: boolean;
  /** When more falls due, in milliseconds from now; undefined when nothing will. */
  nextInMs: number | undefined;
};

/** Owed work as the queues see it, over all tenants. */
export type Outbox = {
  /**
   * Leases due rows of one job to a relay, by turns over tenants, no more than it has places for. `now` is business time;
   * leases run on the database's clock.
   */
  claim(job: string, now: Date, leaseMs: number, places: Places): Promise<Claimed>;
  /** Its effect is recorded: the row goes, or stays until `nextAt`; what was owed again since it was handed out stays owed. */
  settle(job: string, done: HandOut, nextAt?: Date): Promise<void>;
  fail(job: string, failed: HandOut, again: Date, problem: string): Promise<void>;
  /** Put off while its tenant is suspended: no failure. Due `now` when the tenant was resumed meanwhile. */
  rest(job: string, resting: HandOut, until: Date, now: Date): Promise<void>;
  /**
   * Is it still out under this number? Not once it has ended, though its row may be due again, nor when its lease has ended and a
   * later hand-out has taken its place.
   */
  stands(job: string, handedOut: HandOut): Promise<boolean>;
  /** They could not be handed over after all: free for the next claim. */
  putBack(job: string, back: readonly HandOut[]): Promise<void>;
};
