import { catalogued, cataloguedFrom, firstCatalogue } from '../../domain/first-catalogue.ts';
import { type Fills, type Offer, type PlanRow, planImport, type Unusable } from '../../domain/import-plan.ts';
import { systemEntry } from '../audit.ts';
import type { Ports } from '../ports.ts';
import type { RegisteredResource, ResourceRegistry, UnreadableResource } from '../registry-port.ts';

/** What is imported: the catalogue that comes with the hub, all that the registry has, or these of it. */
export type ImportAsk = {
  from: 'catalogue' | 'registry' | readonly string[];
  /** By key: data scopes that nobody else knows. */
  dataScopes: ReadonlyMap<string, string>;
  /** Keys of services whose own words may go. */
  take: ReadonlySet<string>;
  /** Or only look what would change. */
  apply: boolean;
};

type Parts = Pick<Ports, 'clock' | 'ids'> & {
  settings: Pick<Ports['settings'], 'production'>;
  store: Pick<Ports['store'], 'asOperator'>;
  registry: ResourceRegistry;
};
type Parted = Offer | Unusable;

const registrySource = 'resource registry';

/** The registry knows names and template; what it says nothing of, the catalogue may. */
const offerOf = (found: RegisteredResource | UnreadableResource): Parted => {
  const { id } = found;
  if ('fault' in found) return { key: id, source: registrySource, fault: found.fault };
  if (!found.isConsent) return { key: id, source: registrySource, fault: 'is there, and is no consent resource' };
  const known = catalogued(id);
  const older = found.altinn2 && `${found.altinn2.serviceCode}_${found.altinn2.serviceEditionCode}`;
  const said = known?.fills ?? cataloguedFrom(id, older);
  const { status = 'Active' } = found;
  const fills: Fills = {
    ...said,
    metadata: found.metadata,
    ...(found.template === undefined ? {} : { template: found.template }),
  };
  return {
    key: id,
    generation: 'altinn3',
    resource: id,
    source: said ? `${registrySource}, catalogue` : registrySource,
    fills,
    notes: status.toLowerCase() === 'active' ? [] : [`the registry says it is ${status}`],
    ...(known?.checkDataAccess === undefined ? {} : { checkDataAccess: known.checkDataAccess }),
  };
};

const sayWhy = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const patienceMs = 30_000;

const fromRegistry = async (registry: ResourceRegistry): Promise<Parted[]> => {
  try {
    return (await registry.list(AbortSignal.timeout(patienceMs))).map(offerOf);
  } catch (error) {
    return [{ key: '(all)', source: registrySource, fault: sayWhy(error) }];
  }
};

/** One after the other: whoever names a few can wait for them. */
const namedInRegistry = async (registry: ResourceRegistry, ids: readonly string[]): Promise<Parted[]> => {
  const offers: Parted[] = [];
  for (const id of ids) {
    try {
      const found = await registry.find(id, AbortSignal.timeout(patienceMs));
      offers.push(found ? offerOf(found) : { key: id, source: registrySource, fault: 'the registry does not know it' });
    } catch (error) {
      offers.push({ key: id, source: registrySource, fault: sayWhy(error) });
    }
  }
  return offers;
};

const fromCatalogue = (production: boolean): Parted[] =>
  firstCatalogue.map((entry) => {
    const { environment, ...offer } = entry;
    return environment === 'test' && production
      ? { key: offer.key, source: offer.source, fault: 'is of the test environment' }
      : offer;
  });

const withScopes = (offers: readonly Parted[], scopes: ImportAsk['dataScopes']): Parted[] => {
  const missing = [...scopes.keys()].filter((key) => !offers.some((offer) => offer.key === key));
  return [
    ...offers.map((offer) => {
      const dataScope = scopes.get(offer.key);
      return 'fault' in offer || dataScope === undefined ? offer : { ...offer, fills: { ...offer.fills, dataScope } };
    }),
    ...missing.map((key) => ({ key, source: '--data-scope', fault: 'is not among what is imported' })),
  ];
};

const offersFor = async ({ registry, settings }: Parts, { from, dataScopes }: ImportAsk): Promise<Parted[]> => {
  const offers =
    from === 'catalogue'
      ? fromCatalogue(settings.production)
      : from === 'registry'
        ? await fromRegistry(registry)
        : await namedInRegistry(registry, from);
  return withScopes(offers, dataScopes);
};

/** Keys that were meant, and are nowhere: a slip of the pen that would else look like success. */
const notTaken = (take: ImportAsk['take'], offers: readonly Parted[], plan: readonly PlanRow[]): PlanRow[] =>
  [...take]
    .filter((key) => ![...offers, ...plan].some((one) => one.key === key))
    .map((key) => ({ what: 'refused', key, source: '--take', why: 'is not among what is imported', notes: [] }));

/**
 * Brings services into the catalogue, or only tells what that would change. What is told is what was done: both happen while
 * nobody else changes a service.
 */
export const importServices =
  (parts: Parts) =>
  async (ask: ImportAsk): Promise<PlanRow[]> => {
    const offers = await offersFor(parts, ask);
    const { clock, store } = parts;
    return store.asOperator(async (rows) => {
      const planned = planImport(offers, await rows.services.lock(), ask.take);
      const plan = [...planned, ...notTaken(ask.take, offers, planned)];
      if (!ask.apply) return plan;
      for (const row of plan) {
        const now = clock.now();
        if (row.what === 'new') {
          await rows.services.add(row.service, now, row.imported);
          const details = { ...row.service, source: row.source };
          await rows.audit.add(systemEntry(parts, 'services import', 'service.defined', row.key, details));
        } else if (row.what === 'changed') {
          await rows.services.save(row.service, now, row.imported);
          const details = { source: row.source, changes: row.changes };
          await rows.audit.add(systemEntry(parts, 'services import', 'service.changed', row.key, details));
        }
      }
      return plan;
    });
  };
