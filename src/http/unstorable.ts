import { Problem } from '../domain/problem.ts';
import { pointer } from './faults.ts';

/** PostgreSQL keeps neither the null character nor half of a surrogate pair. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

type Place = { value: unknown; name?: string; within?: Place };

/** Deeper than anything we read: the beginning says where to look. */
const mostShown = 20;

const refusal = (place: Place, what: string): Problem => {
  const path: string[] = [];
  for (let at: Place | undefined = place; at?.name !== undefined; at = at.within) path.push(at.name);
  const field = pointer(path.reverse().slice(0, mostShown));
  const detail = `${what} may hold neither U+0000 nor half of a surrogate pair`;
  return new Problem('text-invalid', `${field || 'the body'} ${detail}`, {
    errors: [{ field, code: 'text-invalid', detail }],
  });
};

/**
 * Refuses texts that no row can hold, wherever they stand in a body: a statement that several requests share would fail for
 * all of them. Walks without recursion, since a body may be nested deeper than the stack.
 *
 * @throws Problem `text-invalid`, naming the field; for a field's name, the object it stands in
 */
export const refuseUnstorable = (body: unknown): void => {
  const left: Place[] = [{ value: body }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { value } = place;
    if (typeof value === 'string' && !isStorable(value)) throw refusal(place, 'a text');
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inside] of Object.entries(value)) {
      if (!isStorable(name)) throw refusal(place, 'a name');
      left.push({ name, value: inside, within: place });
    }
  }
};
