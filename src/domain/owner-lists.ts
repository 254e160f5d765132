import { holdsNationalId } from '../lib/mask.ts';
import { readOsloTime } from '../lib/oslo-time.ts';
import { isOrganizationNumber } from './party.ts';

/**
 * Where an API's owner says who may use it: who is granted a scope, who stands on an access list, who has a right to a
 * service of Altinn 2 (SRR).
 */
export const registers = ['maskinporten', 'access-list', 'srr'] as const;
export type Register = (typeof registers)[number];

/** One list of a register: a scope, `owner/identifier`, or `{code}_{edition}`. */
export type Target = { register: Register; name: string };

/** A row of the operator's list as it was written. */
export type WrittenRow = Partial<
  Record<'orgno' | 'name' | 'scopes' | 'accessLists' | 'srrServices' | 'validTo', string>
> & {
  line: number;
};
export type Consumer = {
  line: number;
  orgno: string;
  name: string;
  /** Lists it is to stand on, as `targetName` says them. */
  targets: ReadonlySet<string>;
  validTo?: Date;
};
export type BadRow = { line: number; orgno: string; why: string };

/** What a register holds of one consumer. `id`, `validTo` and `kept`, which is written back as it is, where the register has them. */
export type Entry = { orgno: string; validTo?: Date; id?: string; kept?: object };
export type Move = Target & Entry & { what: 'add' | 'change' | 'remove' };

export const targetName = ({ register, name }: Target): string => `${register} ${name}`;

const columns = { maskinporten: 'scopes', 'access-list': 'accessLists', srr: 'srrServices' } as const;

/** Until the end of that day in Norway, or until that moment. */
const validToOf = (text: string): Date | undefined =>
  /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? readOsloTime(`${text}T23:59:59`)
    : readOsloTime(text.replace(/T\d{2}:\d{2}(?=$|Z|[+-])/, '$&:00'));

/** A cell names some of a register's lists, with blanks between; an empty one means all, and `-` none. */
const targetsIn = (row: WrittenRow, targets: readonly Target[]): { named: Set<string> } | { unknown: string } => {
  const named = new Set<string>();
  for (const register of registers) {
    const all = targets.filter((target) => target.register === register);
    const cell = row[columns[register]]?.trim() ?? '';
    const wanted = cell === '' ? all.map(({ name }) => name) : cell.split(/\s+/).filter((name) => name !== '-');
    for (const name of wanted) {
      if (!all.some((target) => target.name === name)) return { unknown: `${columns[register]} names ${name}` };
      named.add(targetName({ register, name }));
    }
  }
  return { named };
};

/** What was written where a number should be, as far as it may be repeated: it could be a person's. */
const told = (text: string): string => (text === '' || holdsNationalId(text) || text.length > 20 ? '?' : text);

/** Rows that can be used, and those that cannot, with why. Of one that is there twice the first counts. */
export const readConsumers = (
  rows: readonly WrittenRow[],
  targets: readonly Target[],
): { consumers: Consumer[]; bad: BadRow[] } => {
  const consumers: Consumer[] = [];
  const bad: BadRow[] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const orgno = (row.orgno ?? '').replace(/[\s.]/g, '');
    const { line } = row;
    const refuse = (why: string) => bad.push({ line, orgno: told(orgno), why });
    const first = seen.get(orgno);
    const meant = targetsIn(row, targets);
    const until = row.validTo?.trim() ?? '';
    const validTo = until === '' ? undefined : validToOf(until);
    if (!isOrganizationNumber(orgno))
      refuse('is no organisation number: nine digits, the last of which checks the rest');
    else if (first !== undefined) refuse(`is there twice: line ${first} counts`);
    else if (until !== '' && !validTo) refuse('validTo is no date: 2027-12-31, or a time with an offset');
    else if ('unknown' in meant) refuse(`${meant.unknown}, which is not among the settings`);
    else
      consumers.push({ line, orgno, name: row.name?.trim() ?? '', targets: meant.named, ...(validTo && { validTo }) });
    if (first === undefined) seen.set(orgno, line);
  }
  return { consumers, bad };
};

const dayMs = 86_400_000;
/** Rights of SRR must end: so far ahead where nobody said when, and renewed when that little is left. */
const openEndedMs = 10 * 365 * dayMs;
const renewedMs = 60 * dayMs;

/** The end SRR is told, or undefined where the one it has will do. */
const newEnd = (wanted: Date | undefined, held: Date | undefined, now: Date): Date | undefined => {
  if (wanted) return held && Math.abs(held.getTime() - wanted.getTime()) < 1000 ? undefined : wanted;
  return held && held.getTime() - now.getTime() > renewedMs ? undefined : new Date(now.getTime() + openEndedMs);
};

/** What would bring one list in step. Who has passed their `validTo` belongs on none. */
export const planMoves = (
  target: Target,
  consumers: readonly Consumer[],
  entries: readonly Entry[],
  now: Date,
): { moves: Move[]; unchanged: number } => {
  const name = targetName(target);
  const wanted = new Map(
    consumers
      .filter(({ targets, validTo }) => targets.has(name) && (validTo === undefined || validTo > now))
      .map((consumer) => [consumer.orgno, consumer]),
  );
  const held = new Map(entries.map((entry) => [entry.orgno, entry]));
  const hasEnd = target.register === 'srr';
  const moves: Move[] = [];
  for (const { orgno, validTo } of wanted.values()) {
    const entry = held.get(orgno);
    const end = hasEnd ? newEnd(validTo, entry?.validTo, now) : undefined;
    if (!entry) moves.push({ ...target, orgno, what: 'add', ...(end && { validTo: end }) });
    else if (end) moves.push({ ...target, ...entry, what: 'change', validTo: end });
  }
  const unchanged = wanted.size - moves.length;
  for (const entry of held.values()) if (!wanted.has(entry.orgno)) moves.push({ ...target, ...entry, what: 'remove' });
  return { moves, unchanged };
};
