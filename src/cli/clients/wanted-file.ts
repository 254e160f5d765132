import { readFile } from 'node:fs/promises';
import type { WantedClient } from '../../domain/client-plan.ts';
import { holdsNationalId } from '../../lib/mask.ts';

const members = ['name', 'purpose', 'scopes'];
const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' &&
  value.trim() === value &&
  value !== '' &&
  value.length <= most &&
  !holdsNationalId(value);
const isScope = (value: unknown): value is string => isText(value, 200) && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value);

/** What is wrong with an entry, in words; undefined: nothing. */
const fault = (entry: unknown): string | undefined => {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is no object';
  const { name, purpose, scopes, ...rest } = entry as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return `has members beside ${members.join(', ')}`;
  if (!isText(name, 200)) return '`name` is a text of at most 200 characters';
  if (purpose !== 'consents' && purpose !== 'data') return '`purpose` is `consents` or `data`';
  if (!Array.isArray(scopes) || scopes.length === 0 || !scopes.every(isScope)) return '`scopes` is a list of scopes';
  return undefined;
};

/** Reads the list of wanted clients. @throws Error that says what is wrong, and where; of what stands there nothing is repeated */
export const readWanted = async (path: string): Promise<WantedClient[]> => {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error('--file: the file cannot be read');
  });
  let list: unknown;
  try {
    list = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new Error('--file: is not JSON');
  }
  if (!Array.isArray(list)) throw new Error('--file: is no list');
  const faults = list.flatMap((entry: unknown, index) => {
    const said = fault(entry);
    return said === undefined ? [] : [`--file: entry ${index + 1}: ${said}`];
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const wanted = (list as WantedClient[]).map((one) => ({ ...one, scopes: [...new Set(one.scopes)] }));
  if (new Set(wanted.map(({ name }) => name)).size < wanted.length)
    throw new Error('--file: a name stands there twice');
  return wanted;
};
