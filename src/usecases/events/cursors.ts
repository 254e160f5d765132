import { Problem } from '../../domain/problem.ts';
import { fromLetters, toLetters } from '../../lib/letters.ts';
import { hmac, sameBytes } from '../../lib/seal.ts';
import type { Parts } from '../memory.ts';

/** Enough that nobody makes one up, and short enough to stand before each event of a stream. */
const sealBytes = 12;

/** Where a reader of one list is, sealed with the key of the tenant whose list it is, for that list alone. */
export type Cursors = {
  write(place: string | number): string;
  /** @throws Problem `cursor-invalid` for what was not written here */
  read(cursor: string, field?: string): string;
};

export const cursorInvalid = (detail: string, field = 'cursor'): Problem =>
  new Problem('cursor-invalid', `The cursor ${detail}`, { errors: [{ field, code: 'cursor-invalid', detail }] });

/** @param list names the list among all of the tenant's */
export const cursorsOf = async (
  { memories }: Pick<Parts, 'memories'>,
  tenantId: string,
  list: string,
): Promise<Cursors> => {
  const found = await memories.tenant.get(tenantId);
  if (!found) throw new Error(`there is no tenant ${tenantId}`);
  const sealOf = (place: string): Buffer => hmac(found.hmacKey, `cursor ${list}`, place).subarray(0, sealBytes);
  return {
    write(place) {
      const text = String(place);
      return toLetters(Buffer.concat([sealOf(text), Buffer.from(text)]));
    },
    read(cursor, field) {
      const bytes = fromLetters(cursor);
      const place = bytes.subarray(sealBytes).toString();
      if (bytes.length <= sealBytes || !sameBytes(bytes.subarray(0, sealBytes), sealOf(place)))
        throw cursorInvalid('is not one of this list', field);
      return place;
    },
  };
};
