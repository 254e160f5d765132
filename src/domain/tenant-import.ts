import { holdsNationalId, namesPerson } from '../lib/mask.ts';
import { type Language, languages } from './invitation.ts';
import { isOrganizationNumber } from './party.ts';
import type { ProblemCode } from './problem.ts';
import { redirectKind } from './redirect.ts';

/** A tenant as a list has it. What a row does not say is left out, and stays as it is. */
export type TenantRow = {
  orgno: string;
  name?: string | undefined;
  services?: string[] | undefined;
  redirectUrls?: string[] | undefined;
  expiringDays?: number | undefined;
  /** Of its invitation. */
  language?: string | undefined;
};

export type NewTenant = {
  orgno: string;
  name: string;
  services: string[];
  redirectUrls: string[];
  expiringDays?: number | undefined;
};
export type TenantChange = Partial<Omit<NewTenant, 'orgno'>>;

/** A tenant as it stands. */
export type StandingTenant = NewTenant & { id: string; status: string };

export type TenantDifference = { field: keyof TenantChange; ours: unknown; theirs: unknown };
export type TenantPlan = { row: TenantRow } & (
  | { what: 'new'; tenant: NewTenant }
  | { what: 'changed'; id: string; changes: TenantDifference[]; change: TenantChange }
  | { what: 'unchanged'; id: string }
  | { what: 'refused'; code: ProblemCode; why: string; id?: string }
);

/** An invitation as whoever made it gets to see it: the link is told once. */
export type Invited = { id: string; link: string; expiresAt: Date };

/** What became of a row, or would. */
export type TenantOutcome = TenantPlan & {
  tenantId?: string;
  /** Would it be invited? */
  invites?: true;
  invitation?: Invited;
  /** What it says otherwise is done, and only its invitation is not. */
  notInvited?: { code: ProblemCode; why: string };
};

/** What a plan is held against. */
export type ImportGround = {
  standing: readonly StandingTenant[];
  services: ReadonlySet<string>;
  production: boolean;
  /** May whoever asks say where browsers are sent back to? */
  mayRedirect: boolean;
};

type Fault = { code: ProblemCode; why: string };

const most = { name: 200, services: 200, redirectUrls: 100, url: 2000, expiringDays: 365 };

const nameFault = (name: string): Fault | undefined => {
  if (name.trim() === '' || name.length > most.name || /\p{Cc}/u.test(name))
    return { code: 'request-invalid', why: `its name must be one line of at most ${most.name} characters` };
  if (namesPerson(name)) return { code: 'national-id-not-allowed', why: 'its name holds a national identity number' };
  return undefined;
};

const redirectFault = (urls: readonly string[], production: boolean): Fault | undefined => {
  if (urls.length > most.redirectUrls)
    return { code: 'request-invalid', why: `it may have ${most.redirectUrls} redirectUrls at most` };
  const place = urls.findIndex(
    (url) => url.length > most.url || !redirectKind(url, production) || new URL(url).search !== '',
  );
  if (place !== -1)
    return {
      code: 'redirect-url-invalid',
      why: `redirect address ${place + 1} must be https, http on localhost outside production, or a private-use scheme, without a query`,
    };
  if (urls.some(holdsNationalId))
    return { code: 'national-id-not-allowed', why: 'a redirect address holds a national identity number' };
  return undefined;
};

const isKey = (text: string): boolean => /^[\w.-]{1,100}$/.test(text) && !holdsNationalId(text);

/** Only what may be a key is repeated. */
const servicesFault = (keys: readonly string[], known: ReadonlySet<string>): Fault | undefined => {
  const unknown = keys.filter((key) => !known.has(key));
  if (unknown.length === 0 && keys.length <= most.services) return undefined;
  const named = unknown.filter(isKey).slice(0, 5);
  return {
    code: 'service-unknown',
    why: `not in the catalogue: ${named.length > 0 ? named.join(', ') : 'what it names as services'}`,
  };
};

export const isLanguage = (text: string): text is Language => languages.some((one) => one === text);

const rowFault = (row: TenantRow, { services, production }: ImportGround): Fault | undefined => {
  const { orgno, name, expiringDays: days, language } = row;
  if (!isOrganizationNumber(orgno))
    return {
      code: 'organization-number-invalid',
      why: 'the organisation number must be nine digits with a right check digit',
    };
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= most.expiringDays))
    return { code: 'request-invalid', why: `expiringDays must be a whole number from 1 to ${most.expiringDays}` };
  if (language !== undefined && !isLanguage(language))
    return { code: 'request-invalid', why: `language must be one of ${languages.join(', ')}` };
  return (
    (name === undefined ? undefined : nameFault(name)) ??
    servicesFault(row.services ?? [], services) ??
    redirectFault(row.redirectUrls ?? [], production)
  );
};

/** The order of a list says nothing. */
const same = (one: unknown, other: unknown): boolean =>
  Array.isArray(one) && Array.isArray(other)
    ? JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted())
    : one === other;

const fields = ['name', 'services', 'redirectUrls', 'expiringDays'] as const;

const against = (row: TenantRow, standing: StandingTenant, { mayRedirect }: ImportGround): TenantPlan => {
  const { id, status } = standing;
  if (status.startsWith('offboard'))
    return { row, what: 'refused', id, code: 'tenant-offboarded', why: 'it is leaving, or has left' };
  const changes = fields.flatMap((field): TenantDifference[] => {
    const [ours, theirs] = [standing[field], row[field]];
    return theirs === undefined || same(ours, theirs) ? [] : [{ field, ours, theirs }];
  });
  if (changes.length === 0) return { row, what: 'unchanged', id };
  if (!mayRedirect && changes.some(({ field }) => field === 'redirectUrls'))
    return { row, what: 'refused', id, code: 'role-missing', why: 'other redirectUrls need the role administrator' };
  const change: TenantChange = Object.fromEntries(changes.map(({ field, theirs }) => [field, theirs]));
  return { row, what: 'changed', id, changes, change };
};

const anew = (row: TenantRow): TenantPlan => {
  const { orgno, name, services = [], redirectUrls = [], expiringDays } = row;
  if (name === undefined) return { row, what: 'refused', code: 'request-invalid', why: 'a new tenant needs a name' };
  const days = expiringDays === undefined ? {} : { expiringDays };
  return { row, what: 'new', tenant: { orgno, name: name.trim(), services, redirectUrls, ...days } };
};

const oneFor = (keys: readonly string[] | undefined) => (keys === undefined ? undefined : [...new Set(keys)]);
const tidied = (row: TenantRow): TenantRow => ({
  ...row,
  name: row.name?.trim(),
  services: oneFor(row.services),
  redirectUrls: oneFor(row.redirectUrls),
});

/**
 * Rows that name an organisation another row names too: the places of both. Which one is meant is not guessed; where both say
 * the same, the first one counts.
 */
export const namedTwice = (rows: readonly TenantRow[]): Map<number, string> => {
  const found = new Map<number, string>();
  const places = Map.groupBy(rows.keys(), (place) => rows[place]?.orgno ?? '');
  for (const several of places.values()) {
    const [first = 0, ...others] = several;
    if (others.length === 0) continue;
    const agree = others.every(
      (place) =>
        JSON.stringify(tidied(rows[place] ?? { orgno: '' })) === JSON.stringify(tidied(rows[first] ?? { orgno: '' })),
    );
    if (!agree) found.set(first, 'is there twice, and the rows differ: which one is meant is yours to say');
    for (const place of others)
      found.set(place, agree ? 'is there twice: the first one counts' : (found.get(first) ?? ''));
  }
  return found;
};

/** What importing these rows would do to the tenants as they stand; a row that cannot be done is refused, and the rest go on. */
export const planTenants = (rows: readonly TenantRow[], ground: ImportGround): TenantPlan[] => {
  const twice = namedTwice(rows);
  const byOrgno = new Map(ground.standing.map((tenant) => [tenant.orgno, tenant]));
  return rows.map((asGiven, place): TenantPlan => {
    const row = tidied(asGiven);
    const fault = rowFault(row, ground);
    if (fault) return { row, what: 'refused', ...fault };
    const why = twice.get(place);
    if (why !== undefined) return { row, what: 'refused', code: 'already-exists', why };
    const standing = byOrgno.get(row.orgno);
    return standing ? against(row, standing, ground) : anew(row);
  });
};
