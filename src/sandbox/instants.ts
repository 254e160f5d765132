/** Microseconds since 1970: Altinn keeps that many digits, a `Date` only three. Fits a double until the year 2255. */
export type Micros = number;

const form = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,16}))?)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads a date-time that has an offset; digits after the sixth are dropped, as a database does. */
export const parseInstant = (text: string): Micros | undefined => {
  const [, minute, second = '00', fraction = '', offset] = form.exec(text) ?? [];
  if (minute === undefined || offset === undefined) return undefined;
  const millis = Date.parse(`${minute}:${second}${offset}`);
  return Number.isNaN(millis) ? undefined : millis * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
};

/** UTC with up to six decimals and no trailing zeros: `2026-02-03T10:13:28.54048+00:00`. */
export const formatInstant = (micros: Micros): string => {
  const millis = Math.floor(micros / 1_000_000) * 1000;
  const fraction = String(micros - millis * 1000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${new Date(millis).toISOString().slice(0, 19)}${fraction && `.${fraction}`}+00:00`;
};

export const microsOf = (date: Date): Micros => date.getTime() * 1000;
