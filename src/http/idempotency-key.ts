import { parseItem } from 'structured-headers';
import { Problem } from '../domain/problem.ts';
import { holdsNationalId } from '../lib/mask.ts';

const field = 'Idempotency-Key';

const unquoted = (header: string): string => {
  if (!header.startsWith('"')) return header;
  try {
    const [value] = parseItem(header);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
};

/**
 * The key as written, plain or as a structured string (`"…"`, as the IETF draft has it): both name the same key.
 *
 * @throws Problem `idempotency-key-invalid`, `national-id-not-allowed`
 */
export const idempotencyKeyOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const key = unquoted(header);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new Problem('idempotency-key-invalid', 'Send 1 to 255 visible ASCII characters', {
      errors: [{ field, code: 'idempotency-key-invalid', detail: 'must be 1 to 255 visible ASCII characters' }],
    });
  if (holdsNationalId(key))
    throw new Problem(
      'national-id-not-allowed',
      'The Idempotency-Key holds what looks like a national identity number',
      {
        errors: [{ field, code: 'national-id-not-allowed', detail: 'must not hold a national identity number' }],
      },
    );
  return key;
};
