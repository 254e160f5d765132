const oslo = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Oslo',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** `2022-05-09T07:59:00`: what Oslo's clocks show, as Altinn 2 writes times. */
export const osloTime = (at: Date): string => oslo.format(at).replace(' ', 'T');

/** How far Oslo's clocks are ahead of UTC then. */
const aheadMs = (atMs: number): number => Date.parse(`${osloTime(new Date(atMs))}Z`) - Math.floor(atMs / 1000) * 1000;

const form = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.:](\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Reads a time of Altinn 2's. Where it carries no offset it is Oslo's: no page says so, but there its servers stood. Undefined
 * when it is none.
 */
export const readOsloTime = (text: string): Date | undefined => {
  const [, day, time, fraction = '', offset] = form.exec(text) ?? [];
  const shown = `${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const ms = Date.parse(`${shown}${offset ?? 'Z'}`);
  if (day === undefined || Number.isNaN(ms)) return undefined;
  if (offset !== undefined) return new Date(ms);
  // The offset is that of the instant sought, which is an hour or two before the first guess.
  return new Date(ms - aheadMs(ms - aheadMs(ms)));
};
