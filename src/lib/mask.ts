/** `25922947409` → `259229*****`. */
export const maskPerson = (nationalId: string): string => `${nationalId.slice(0, 6)}*****`;

const jwt = /eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*/g;
/** A UUID's last group may hold eleven digits in a row: it is recognised first, and left alone. */
const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;
/** Eleven digits standing alone look like a national identity number, whatever they are. */
const nationalOrUuid = new RegExp(`${uuid.source}|(?<!\\d)\\d{11}(?!\\d)`, 'gi');

/** Takes national identity numbers and tokens out of a text that leaves the hub's hands, logs above all. */
export const scrub = (text: string): string =>
  text.replace(jwt, '[token]').replace(nationalOrUuid, (found) => (found.length === 11 ? maskPerson(found) : found));

const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Does this text hold something that looks like a national identity number, also when percent-encoded, even twice? */
export const holdsNationalId = (text: string): boolean =>
  [...unescaped(unescaped(text)).matchAll(nationalOrUuid)].some(([found]) => found.length === 11);
