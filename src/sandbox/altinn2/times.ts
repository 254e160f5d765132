/** How far Oslo's clocks are ahead of UTC at an instant, in milliseconds. */
const osloOffsetMs = (at: Date): number => {
  const zone = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Oslo', timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, hours = '0', minutes = '0'] = /GMT\+(\d{2}):(\d{2})/.exec(zone ?? '') ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
};

/** What Oslo's clocks show, counted as if it were UTC: differences are then those of calendars, whatever the season. */
export const osloWallMs = (at: Date): number => at.getTime() + osloOffsetMs(at);

const fromOslo = (wallMs: number): Date => {
  // The offset is that of the instant sought, which lies an hour or two before this first guess.
  const guess = new Date(wallMs - osloOffsetMs(new Date(wallMs)));
  return new Date(wallMs - osloOffsetMs(guess));
};

/** `2026-02-03T11:00:00.000`, as a server in Oslo writes it; with `+01:00` behind where offsets are wanted. */
export const osloText = (at: Date, withOffset = false): string => {
  const text = new Date(osloWallMs(at)).toISOString().slice(0, 23);
  return withOffset ? `${text}+0${osloOffsetMs(at) / 3_600_000}:00` : text;
};

const form = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)([.:]\d{1,7})?(Z|[+-]\d{2}:\d{2})?$/;

/** Reads a time as Altinn 2 takes it. One without an offset means Oslo: no page says so, but its servers stood there. */
export const readTime = (text: string): Date | undefined => {
  const [, day, time, fraction = '', offset] = form.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const millis = `.${fraction.slice(1).padEnd(3, '0').slice(0, 3)}`;
  const ms = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${millis}${offset ?? 'Z'}`);
  if (Number.isNaN(ms)) return undefined;
  return offset === undefined ? fromOslo(ms) : new Date(ms);
};
