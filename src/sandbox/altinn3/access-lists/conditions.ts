import type { Ask, Reply } from '../../exchange.ts';
import type { OwnerList } from '../../world.ts';

const opaque = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Quoted, opaque, and another one with each change. */
export const etagOf = ({ version }: Pick<OwnerList, 'version'>): string => `"${opaque({ version: String(version) })}"`;

export const versionHeaders = (list: OwnerList): Record<string, string> => ({
  etag: etagOf(list),
  'last-modified': list.updatedAt.toUTCString(),
});

const tagsIn = (header: string | string[] | undefined): string[] | undefined =>
  header === undefined
    ? undefined
    : String(header)
        .split(',')
        .map((tag) => tag.trim());

const fits = (tags: string[], list: OwnerList | undefined): boolean =>
  list !== undefined && (tags.includes('*') || tags.includes(etagOf(list)));

/** What the headers `If-Match` and `If-None-Match` say to the list as it stands; undefined lets the call go on. */
export const conditionRefusal = ({ method, headers }: Ask, list: OwnerList | undefined): Reply | undefined => {
  const wanted = tagsIn(headers['if-match']);
  if (wanted && !fits(wanted, list)) return { status: 412 };
  const unwanted = tagsIn(headers['if-none-match']);
  if (!unwanted || !fits(unwanted, list) || !list) return undefined;
  return method === 'GET' ? { status: 304, headers: versionHeaders(list) } : { status: 412 };
};

const pageSize = 100;

/** A page of a list, and how its next one is asked for: good as long as the list has not changed. */
export const pageOf = <T>(
  ask: Ask,
  list: OwnerList,
  items: readonly T[],
  baseUrl: string,
): { page: readonly T[]; next?: string } | { refused: Reply } => {
  const token = ask.query.get('token');
  let from = 0;
  if (token !== null) {
    const [version, at] = Buffer.from(token, 'base64url').toString().split(' ');
    if (!/^\d+$/.test(at ?? '')) return { refused: { status: 400 } };
    if (version !== String(list.version)) return { refused: { status: 412 } };
    from = Number(at);
  }
  const page = items.slice(from, from + pageSize);
  if (from + pageSize >= items.length) return { page };
  const path = ask.path.split('?')[0] ?? '';
  const next = Buffer.from(`${list.version} ${from + pageSize}`).toString('base64url');
  return { page, next: `${new URL(path, baseUrl).href}?token=${next}` };
};
