import { Problem } from './problem.ts';

/** A method and a path that a service lets out: `GET /inntekt/{from}`. */
export type DataPattern = { method: 'GET' | 'POST'; segments: readonly string[] };

/** In a pattern: the hub's own, and any other name for one piece of a segment that the caller chooses. */
const placeholder = /\{([a-z][a-zA-Z0-9]*)\}/;
const placeholders = new RegExp(placeholder.source, 'g');

/** Somebody on the way may take these for a step up, for another separator, or for the end. */
const isPlain = (text: string): boolean =>
  !/[\\\p{Cc}]/u.test(text) && text.split('/').every((segment) => !/^\.{1,2}(?![\p{L}\p{N}._~-])/u.test(segment));

/** Longer is no path that anybody listed. */
const mostCharacters = 2000;

const slashesIn = (text: string): number => text.split('/').length;

const refuse = (detail: string): never => {
  throw new Problem('data-path-invalid', detail);
};

/** Once more without escapes. @throws Problem `data-path-invalid` where they are none */
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('The path holds an escape that is no character of UTF-8');
  }
};

/**
 * The segments of a path as a caller wrote it, decoded once: what is compared, and what is written anew. Whoever reads it after
 * us may decode it again, or fold what looks alike; nothing may come of it then that was not looked at here.
 *
 * @throws Problem `data-path-invalid`
 */
export const segmentsOf = (path: string): string[] => {
  if (path.length > mostCharacters) refuse(`The path is longer than ${mostCharacters} characters`);
  if (!/^[\x21-\x7e]+$/.test(path)) refuse('The path holds a character that wants an escape');
  const once = unescaped(path);
  const twice = unescaped(once);
  if (/%[0-9a-f]{2}/i.test(twice)) refuse('The path is escaped more than twice');
  for (const text of [path, once, twice, twice.normalize('NFKC')]) {
    if (slashesIn(text) !== slashesIn(path)) refuse('The path holds an encoded slash');
    if (/[?#]/.test(text)) refuse('The path holds an encoded question mark or number sign');
    if (!isPlain(text)) refuse('The path holds “.” or “..” as a segment, a backslash or a control character');
  }
  const segments = once.split('/');
  // One at the end is a slash at the end, which some addresses have.
  if (segments.slice(0, -1).includes('')) refuse('The path holds an empty segment');
  return segments;
};

/** So many pieces of it the caller chooses. */
const chosenIn = (segment: string): number =>
  [...segment.matchAll(placeholders)].filter(([, name]) => name !== 'from').length;

/** What is wrong with a pattern; undefined where nothing is. */
export const dataPathFault = (text: string): string | undefined => {
  const [, path] = /^(?:GET|POST) \/(\S+)$/.exec(text) ?? [];
  if (path === undefined) return 'must be a method, GET or POST, and a path: GET /inntekt/{from}';
  const bare = path.replace(placeholders, 'x');
  if (/[{}?#%\\]/.test(bare)) return 'may hold no query and no escapes, and braces only around a name';
  // Two that meet, or three, could be told apart in too many ways.
  if (/\}\{/.test(path) || path.split('/').some((segment) => chosenIn(segment) > 2))
    return 'may hold two names in braces in a segment at most, with something between';
  if (!isPlain(bare) || bare.split('/').slice(0, -1).includes(''))
    return 'may hold no empty segment, and no “.” or “..”';
  return undefined;
};

/** Undefined for one that cannot be read: it lets nothing out. */
export const dataPatternOf = (text: string): DataPattern | undefined => {
  if (dataPathFault(text) !== undefined) return undefined;
  const [method = '', path = ''] = text.split(' ');
  return { method: method as DataPattern['method'], segments: path.slice(1).split('/') };
};

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A segment of a pattern, as what it matches: `{from}` stands for itself, any other placeholder for one character or more. */
const compiled = new Map<string, RegExp>();
const matcherOf = (segment: string): RegExp => {
  const known = compiled.get(segment);
  if (known) return known;
  const parts = segment.split(placeholders).map((part, place) => {
    if (place % 2 === 0) return literal(part);
    return part === 'from' ? '\\{from\\}' : '(.+?)';
  });
  const made = new RegExp(`^${parts.join('')}$`, 'su');
  // As many as there are segments in the catalogue.
  if (compiled.size > 1000) compiled.clear();
  compiled.set(segment, made);
  return made;
};

const hasFrom = (segment: string): boolean => segment.includes('{from}');

/** Readable where an address allows it; never what could begin a query, a parameter or another segment. */
const escaped = (segment: string): string =>
  encodeURIComponent(segment).replace(/%(?:3A|40|2C|3D|2B|24)/g, (sign) => decodeURIComponent(sign));

/** Does the pattern let this out? */
export const matches = ({ method, segments }: DataPattern, asked: string, given: readonly string[]): boolean =>
  method === asked &&
  segments.length === given.length &&
  segments.every((segment, place) => matcherOf(segment).test(given[place] ?? ''));

/**
 * The path for the data source, with the giver's number where the pattern has `{from}`, and nowhere else. From here on it may
 * stand in no log and in no error.
 */
export const filledPath = ({ segments }: DataPattern, given: readonly string[], from: () => string): string =>
  segments
    .map((segment, place) => {
      const text = given[place] ?? '';
      if (!hasFrom(segment)) return escaped(text);
      const chosen = matcherOf(segment).exec(text)?.slice(1) ?? [];
      return escaped(
        segment.replace(placeholders, (_, name: string) => (name === 'from' ? from() : (chosen.shift() ?? ''))),
      );
    })
    .map((segment) => `/${segment}`)
    .join('');
