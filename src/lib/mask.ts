import { isPersonNumber } from './person-number.ts';

/** `25922947409` → `259229*****`. */
export const maskPerson = (nationalId: string): string => `${nationalId.slice(0, 6)}*****`;

/** The longest texts a token may stand in: letters, digits, `-`, `_` and dots without a break. */
const run = /[\w.-]+/g;
/** A token begins with a JSON object, `{"`, in base64: so many characters at least, before its first dot. */
const leastHead = 11;

/**
 * Where a token begins in such a run: at the first `eyJ` of the first part long enough, with something after its dot. Parts
 * are looked at once each, so that a long text of beginnings without an end costs no more than another.
 */
const tokenStart = (text: string): number => {
  let start = 0;
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', start)) {
    const head = text.slice(start, dot).indexOf('eyJ');
    const next = text[dot + 1];
    if (head !== -1 && dot - start - head >= leastHead && next !== undefined && next !== '.') return start + head;
    start = dot + 1;
  }
  return -1;
};

/** What stands before it may be glued to it, as `\n` is in a log line. */
const withoutTokens = (text: string): string =>
  text.includes('eyJ')
    ? text.replace(run, (found) => {
        const start = tokenStart(found);
        return start === -1 ? found : `${found.slice(0, start)}[token]`;
      })
    : text;

/**
 * What is written in hexadecimal digits may hold eleven decimal ones in a row, one trace of fifty does: UUIDs, traces and
 * digests (128, 160 or 256 bits) are recognised first, and left alone.
 */
const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;
const digest = /(?<![\da-z])(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64})(?![\da-z])/;
/** As people write it, with something between date and number: any blank, a dot, a dash, or the plus of a query. */
const between = /[\s.+\u2010-\u2015-]/;
const maybeNational = `\\d{6}${between.source}?\\d{5}`;
const anyNational = `(?<!\\d)${maybeNational}(?!\\d)`;
const numberOrId = new RegExp(
  [uuid.source, digest.source, '(?<![\\da-z])(?<alone>\\d{11})(?![\\da-z])', anyNational].join('|'),
  'gi',
);
/** Most log lines hold nothing of the kind: one look, and nothing is put together anew. */
const holdsSome = new RegExp(anyNational);

/** An id has more characters. */
const hasCheckDigits = (found: string): boolean => found.length < 13 && isPersonNumber(found.replace(between, ''));

/**
 * Eleven digits standing alone look like a national identity number, whatever they are. With something between them they
 * could be an amount or a date as well, and between letters a part of an id, so that the check digits decide.
 */
const isNational = (found: string, alone: unknown): boolean => typeof alone === 'string' || hasCheckDigits(found);

/** Takes national identity numbers and tokens out of a text that leaves the hub's hands, logs above all. */
export const scrub = (text: string): string => {
  const told = withoutTokens(text);
  return holdsSome.test(told)
    ? told.replace(numberOrId, (found, alone) => (isNational(found, alone) ? maskPerson(found) : found))
    : told;
};

/** Runs of escapes are bytes of UTF-8: a no-break space is two of them. */
const unescaped = (text: string): string =>
  text.includes('%')
    ? text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
    : text;

/**
 * Most texts have neither so many digits nor an escape of what a number is written with (a digit, a blank, a dash, another escape),
 * and need no closer look.
 */
const worthALook = new RegExp(`${maybeNational}|%[023ceCE]`);

/** Does this text hold something that looks like a national identity number, also when percent-encoded, even twice? */
export const holdsNationalId = (text: string): boolean =>
  worthALook.test(text) &&
  [...unescaped(unescaped(text)).matchAll(numberOrId)].some(([found, alone]) => isNational(found, alone));

/**
 * For texts that people write: only a number with right check digits is one, since account and loan numbers have eleven
 * digits too.
 */
export const namesPerson = (text: string): boolean =>
  worthALook.test(text) && [...text.matchAll(numberOrId)].some(([found]) => hasCheckDigits(found));
