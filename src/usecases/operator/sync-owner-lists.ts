import { type Consumer, type Move, planMoves, type Register, type Target } from '../../domain/owner-lists.ts';
import { systemEntry } from '../audit.ts';
import { type OwnerRegister, RegisterFault } from '../owner-registers-port.ts';
import type { Ports } from '../ports.ts';

export type ListPlan = { target: Target; notes: string[] } & (
  | { moves: Move[]; unchanged: number }
  /** It could not be read. */
  | { fault: string }
);
/** `left`: in the plan, and not to be done. */
export type ListRow = Move & { outcome: 'planned' | 'left' | 'done' | 'failed' | 'not tried'; why?: string };

type Parts = {
  clock: Ports['clock'];
  registers: Readonly<Record<Register, OwnerRegister>>;
  /** Of the operator's own, for this scope. */
  token(scope: string): Promise<string>;
};

const patienceMs = 30_000;
/** A register that so often has not answered is left alone. */
const silencesBorne = 3;
const longestPauseMs = 30_000;

const sayWhy = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What would bring each of the owner's lists in step with one list of consumers. Changes nothing; what cannot be read is told. */
export const planOwnerLists =
  ({ clock, registers, token }: Parts) =>
  async (targets: readonly Target[], consumers: readonly Consumer[], stop: AbortSignal): Promise<ListPlan[]> => {
    const plans: ListPlan[] = [];
    for (const target of targets) {
      const { scopes, read } = registers[target.register];
      try {
        const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]);
        const { entries, notes } = await read(target.name, await token(scopes.read), signal);
        plans.push({ target, notes, ...planMoves(target, consumers, entries, clock.now()) });
      } catch (error) {
        plans.push({ target, notes: [], fault: sayWhy(error) });
      }
    }
    return plans;
  };

type Doing = {
  store: Pick<Ports['store'], 'asOperator'>;
  /** Told of what has just been done, after it is in the audit. */
  done(moves: readonly Move[]): Promise<void>;
  pause(ms: number, stop: AbortSignal): Promise<void>;
};

type ApplyAsk = {
  /** Is who is not on the list taken off the registers, too? */
  remove: boolean;
  tell(row: ListRow): void;
  stop: AbortSignal;
};

/** In the order of the plan, and no more than `most` of one kind at a time. */
const batchesOf = (moves: readonly Move[], most: number): Move[][] =>
  (['add', 'change', 'remove'] as const).flatMap((what) => {
    const same = moves.filter((move) => move.what === what);
    return Array.from({ length: Math.ceil(same.length / most) }, (_, place) =>
      same.slice(place * most, (place + 1) * most),
    );
  });

/**
 * Does what was planned, and tells of each. Stopped or failed half-way it is planned and done again at will. What was done is in
 * the audit, a batch at a time.
 */
export const applyOwnerLists = (parts: Parts & Pick<Ports, 'ids'> & Doing) => {
  const { registers, token, store, done, pause } = parts;

  const make = async ({ register, name }: Target, what: Move['what'], moves: readonly Move[], stop: AbortSignal) => {
    const { scopes, make: does } = registers[register];
    const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]);
    await does(name, what, moves, await token(scopes.write), signal);
    const details = { register, what, consumers: moves.map(({ orgno }) => orgno) };
    const entry = systemEntry(parts, 'consumers sync', 'owner-list.changed', name, details);
    await store.asOperator((rows) => rows.audit.add(entry));
    await done(moves);
  };
  const passing = (error: unknown) => (error instanceof RegisterFault && error.passing ? error : undefined);

  return async (plans: readonly ListPlan[], { remove, tell, stop }: ApplyAsk): Promise<void> => {
    for (const plan of plans) {
      if ('fault' in plan) continue;
      const { target } = plan;
      const wanted = plan.moves.filter(({ what }) => what !== 'remove' || remove);
      let silences = 0;
      /** One for all, or each by itself where one of them spoils it for the others. */
      const batch = async (moves: readonly Move[], isRepeat = false): Promise<void> => {
        const [first] = moves;
        if (!first) return;
        const all = (outcome: ListRow['outcome'], why?: string) => {
          for (const move of moves) tell({ ...move, outcome, ...(why === undefined ? {} : { why }) });
        };
        if (stop.aborted || silences >= silencesBorne) return all('not tried');
        try {
          await make(target, first.what, moves, stop);
          silences = 0;
          all('done');
        } catch (error) {
          const passes = passing(error);
          if (passes) silences += 1;
          if (passes && !isRepeat && !stop.aborted) {
            await pause(Math.min(longestPauseMs, passes.retryAfterSeconds * 1000), stop);
            return batch(moves, true);
          }
          if (passes || moves.length === 1) return all('failed', sayWhy(error));
          for (const move of moves) await batch([move]);
        }
      };
      for (const moves of batchesOf(wanted, registers[target.register].most)) await batch(moves);
      for (const move of plan.moves) if (!wanted.includes(move)) tell({ ...move, outcome: 'left' });
    }
  };
};
