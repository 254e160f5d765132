import { z } from 'zod';
import { Problem } from '../domain/problem.ts';
import { fromLetters, toLetters } from '../lib/letters.ts';
import type { Page, PageAsk } from '../usecases/use-cases.ts';

/** Letters only: no cursor can be taken for a national identity number. */
const writeCursor = (text: string): string => toLetters(Buffer.from(text));

/** What a cursor holds, by the kind of list: where the page before ended. Anything else never gets as far as a query. */
const held = {
  id: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/,
  key: /^[a-z0-9][a-z0-9._-]{0,99}$/,
  /** A tenant, and one of its services. */
  standing: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12} [a-z0-9][a-z0-9._-]{0,99}$/,
  /** When, what kind of span, with which API key, which scope. */
  tokens: /^\d{1,14} (?:hour|day|month) [\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12} [\x21-\x7e]{1,200}$/,
};

const readCursor = (cursor: string, holds: keyof typeof held): string => {
  const text = fromLetters(cursor).toString();
  if (held[holds].test(text)) return text;
  throw new Problem('cursor-invalid', 'The cursor is not one of ours', {
    errors: [{ field: 'cursor', code: 'cursor-invalid', detail: 'must be `next` of the page before' }],
  });
};

const Limit = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(200))
  .default(50)
  .meta({ description: 'Most items in a page.', override: { type: 'integer', minimum: 1, maximum: 200, default: 50 } });

/** Spread into a route's query. */
export const paging = {
  cursor: z.string().max(1000).optional().meta({ description: '`next` of the page before, unchanged.' }),
  limit: Limit,
};
export const PageQuery = z.strictObject(paging);

/** @throws Problem `cursor-invalid` */
export const pageAsk = ({ cursor, limit }: z.output<typeof PageQuery>, holds: keyof typeof held = 'id'): PageAsk => ({
  limit,
  ...(cursor === undefined ? {} : { cursor: readCursor(cursor, holds) }),
});

export const PageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: '`cursor` of the next page; null on the last.' }),
  });

type PageView<V> = { items: V[]; next: string | null };

/** Of a list whose cursors are sealed by whoever reads them: they pass as they are. */
export const sealedPageView = <T, V>({ items, next }: Page<T>, view: (item: T) => V): PageView<V> => ({
  items: items.map(view),
  next: next ?? null,
});

export const pageView = <T, V>({ items, next }: Page<T>, view: (item: T) => V): PageView<V> =>
  sealedPageView({ items, ...(next === undefined ? {} : { next: writeCursor(next) }) }, view);

/** Pages over a list that is short enough to be read whole; the cursor is the last item's id. */
export const sliceOf = <T>(all: readonly T[], idOf: (item: T) => string, { cursor, limit }: PageAsk): Page<T> => {
  const start = cursor === undefined ? 0 : all.findIndex((item) => idOf(item) === cursor) + 1;
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  return start + limit < all.length && last !== undefined ? { items, next: idOf(last) } : { items };
};
