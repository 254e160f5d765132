import { messageRuleOf } from './consent-templates.ts';
import { metadataNamesFault, type Service, serviceFault, upstreamName } from './service.ts';

/** What an import may fill. Everything else of a service is the operator's alone. */
const fillable = [
  'dataScope',
  'metadata',
  'maxValidityDays',
  'validityMarginMinutes',
  'messageAllowed',
  'messageRequired',
  'template',
  'consentHeader',
] as const satisfies (keyof Service)[];
export type Fillable = (typeof fillable)[number];
export type Fills = { [F in Fillable]?: Exclude<Service[F], undefined> };

/** A service as a source offers it: what the source does not know is left out. */
export type Offer = Pick<Service, 'key' | 'generation' | 'resource' | 'serviceCode' | 'serviceEditionCode'> & {
  /** Where it was read, for people. */
  source: string;
  fills: Fills;
  /** What people should know of it beside. */
  notes?: string[];
  /** For a new one: is access to the data proved first? */
  checkDataAccess?: boolean;
};
/** What a source names and nobody can use. */
export type Unusable = { key: string; source: string; fault: string };

/** A service as it stands, with what the last import filled. */
export type Standing = { service: Service; imported?: Fills };

export type Difference = { field: Fillable; ours: unknown; theirs: unknown };
export type PlanRow = { key: string; source: string; notes: string[] } & (
  | { what: 'new'; service: Service; imported: Fills }
  | { what: 'changed'; service: Service; imported: Fills; changes: Difference[]; kept: Difference[] }
  | { what: 'unchanged'; kept: Difference[] }
  | { what: 'refused'; why: string }
);

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const refused = ({ key, source }: { key: string; source: string }, why: string): PlanRow => ({
  what: 'refused',
  key,
  source,
  why,
  notes: [],
});

/** A template says whether a message goes with it; one that nobody knows says nothing. */
const filled = ({ generation, fills, notes = [] }: Offer): { fills: Fills; notes: string[] } => {
  if (fills.template === undefined) return { fills, notes };
  const rule = messageRuleOf(generation, fills.template);
  return rule
    ? { fills: { ...rule, ...fills }, notes }
    : {
        fills,
        notes: [
          ...notes,
          `the template ${fills.template} is not known here: whether a message is allowed is yours to say`,
        ],
      };
};

const keyPattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const newRow = (offer: Offer): PlanRow => {
  const { key, source, generation, resource, serviceCode, serviceEditionCode, checkDataAccess = true } = offer;
  const { fills, notes } = filled(offer);
  const { dataScope, metadata } = fills;
  if (!keyPattern.test(key)) return refused(offer, 'this name cannot be a key: POST /operator/v1/services with one');
  if (metadata === undefined)
    return refused(offer, `its metadata names are not known: hub services import ${key} asks the registry`);
  if (dataScope === undefined) return refused(offer, `its data scope is not known: --data-scope ${key}=<scope>`);
  const service: Service = {
    key,
    generation,
    ...(resource === undefined ? {} : { resource }),
    ...(serviceCode === undefined ? {} : { serviceCode }),
    ...(serviceEditionCode === undefined ? {} : { serviceEditionCode }),
    messageAllowed: false,
    ...fills,
    dataScope,
    metadata,
    dataPaths: [],
    checkDataAccess,
  };
  const fault = serviceFault(service);
  if (fault) return refused(offer, `${fault.field} ${fault.detail}`);
  return { what: 'new', key, source, notes, service, imported: fills };
};

/** Nothing was ever said of it: there is no word of the operator's to keep. */
const isOpen = (value: unknown): boolean => value === undefined;

const knownRow = (offer: Offer, { service, imported }: Standing, isTaken: boolean): PlanRow => {
  const { source } = offer;
  const { key } = service;
  const { fills, notes } = filled(offer);
  const told = key === offer.key ? notes : [`${offer.key} is here as ${key}`, ...notes];
  const changes: Difference[] = [];
  const kept: Difference[] = [];
  for (const field of fillable) {
    const [ours, theirs] = [service[field], fills[field]];
    if (theirs === undefined || same(ours, theirs)) continue;
    const isOurs = !isOpen(ours) && !same(ours, imported?.[field]);
    (isOurs && !isTaken ? kept : changes).push({ field, ours, theirs });
  }
  if (changes.length === 0) return { what: 'unchanged', key, source, notes: told, kept };
  const changed = { ...service, ...Object.fromEntries(changes.map(({ field, theirs }) => [field, theirs])) };
  const fault = serviceFault(changed);
  if (fault) return refused({ key, source }, `${fault.field} ${fault.detail}`);
  return {
    what: 'changed',
    key,
    source,
    notes: told,
    service: changed,
    imported: { ...imported, ...fills },
    changes,
    kept,
  };
};

/**
 * What importing these would do to the catalogue as it stands. A service is known by what Altinn calls it, whatever its key.
 * What the operator changed since the last import, or wrote by hand, stays as it is and is told; `take` names those whose
 * own words may go.
 */
export const planImport = (
  offers: readonly (Offer | Unusable)[],
  standing: readonly Standing[],
  take: ReadonlySet<string> = new Set(),
): PlanRow[] => {
  const seen = new Set<string>();
  return offers.flatMap((offer): PlanRow[] => {
    if ('fault' in offer) return [refused(offer, offer.fault)];
    const name = `${offer.generation} ${upstreamName(offer)}`;
    if (seen.has(name)) return [refused(offer, 'is there twice: the first one counts')];
    seen.add(name);
    const names = offer.fills.metadata && metadataNamesFault(offer.fills.metadata);
    if (names !== undefined) return [refused(offer, `metadata ${names}`)];
    const known = standing.filter(({ service }) => `${service.generation} ${upstreamName(service)}` === name);
    if (known.length > 0)
      return known.map((one) => knownRow(offer, one, take.has(one.service.key) || take.has(offer.key)));
    const holder = standing.find(({ service }) => service.key === offer.key)?.service;
    if (holder)
      return [refused(offer, `the key is taken by a service of ${holder.generation}, ${upstreamName(holder)}`)];
    return [newRow(offer)];
  });
};
