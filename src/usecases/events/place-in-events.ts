import { Problem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import { type Cursors, cursorInvalid, cursorsOf } from './cursors.ts';

/** The same for list and stream: what one told, the other takes. */
export const eventCursors = (parts: Pick<Parts, 'memories'>, tenantId: string): Promise<Cursors> =>
  cursorsOf(parts, tenantId, 'events');

/** What follows a place is not kept any more. */
export const isPast = (after: number, { oldest }: { oldest: number }): boolean => after + 1 < oldest;

/**
 * Is a place that a cursor named one to go on from? Ahead of everything there is nothing yet: such a cursor is left from before
 * the database was put back to an earlier day, and what it has seen may have happened otherwise.
 *
 * @throws Problem `cursor-expired`, `cursor-invalid`
 */
export const checkPlace = (
  after: number,
  kept: { oldest: number; newest: number },
  { cursors, publicUrl, field = 'cursor' }: { cursors: Cursors; publicUrl: string; field?: string | undefined },
): void => {
  if (after > kept.newest) throw cursorInvalid('lies ahead of all that has happened', field);
  if (!isPast(after, kept)) return;
  const from = cursors.write(kept.oldest - 1);
  throw new Problem(
    'cursor-expired',
    `Events ${after + 1} to ${kept.oldest - 1} have been dropped, as too old; one can go on from number ${kept.oldest}, the oldest that is kept: without a cursor, or with ${from}`,
    {
      link: `${publicUrl}/v1/events?cursor=${from}`,
      errors: [{ field, code: 'cursor-expired', detail: `lies before number ${kept.oldest}, the oldest that is kept` }],
    },
  );
};
