import { osloText, readTime } from './times.ts';

export type Listed = { at: Date; number: number };

/** `{time of the last change}_{inner number}` of the last entry on a page; the time is Oslo's. */
export const continuationOf = ({ at, number }: Listed): string => `${osloText(at)}_${number}`;

/** Both `…:39.148_1054` and `…:39:148_1054` are in the documents. */
const readContinuation = (text: string): Listed | undefined => {
  const [, time = '', number] = /^(.+)_(\d+)$/.exec(text) ?? [];
  const at = readTime(time);
  return at && number !== undefined ? { at, number: Number(number) } : undefined;
};

const compare = (a: Listed, b: Listed): number => a.at.getTime() - b.at.getTime() || a.number - b.number;

/**
 * One page of a list, the longest unchanged first. What changes moves to the end, so that who goes on from a continuation
 * sees it again. Undefined for a continuation that cannot be read.
 */
export const pageOf = <T>(
  entries: T[],
  placeOf: (entry: T) => Listed,
  { continuation, size }: { continuation: string | undefined; size: number },
): { page: T[]; next: string | undefined } | undefined => {
  const after = continuation === undefined ? undefined : readContinuation(continuation);
  if (continuation !== undefined && !after) return undefined;
  const page = entries
    .filter((entry) => !after || compare(placeOf(entry), after) > 0)
    .sort((a, b) => compare(placeOf(a), placeOf(b)))
    .slice(0, size);
  const last = page.at(-1);
  return { page, next: last && continuationOf(placeOf(last)) };
};

/** OData's `$top`, never above a page's own size. */
export const sizeOf = (top: string | undefined, most: number): number =>
  top !== undefined && /^[1-9]\d{0,5}$/.test(top) ? Math.min(Number(top), most) : most;
