import type { Consent } from '../../domain/consent.ts';
import type { DataPattern } from '../../domain/data-path.ts';
import { type DataSource, dataSourceOf, patternFor } from '../../domain/data-source.ts';
import { Problem } from '../../domain/problem.ts';
import type { Service } from '../../domain/service.ts';
import type { Settings } from '../ports.ts';

export type Chosen = { service: Service; source: DataSource; pattern: DataPattern };

/** What the process was started with. */
type Trusted = Pick<Settings, 'production' | 'dataHosts'>;

/** Of each service once, for as long as it is remembered. */
const sources = new WeakMap<Service, { source: DataSource | undefined }>();
const sourceOf = (service: Service, { production, dataHosts }: Trusted): DataSource | undefined => {
  const known = sources.get(service) ?? { source: dataSourceOf(service, production, dataHosts) };
  sources.set(service, known);
  return known.source;
};

type Asked = { method: string; segments: readonly string[]; service?: string | undefined };

const named = (consent: Consent, key: string): string[] => {
  if (consent.rights.some(({ service }) => service === key)) return [key];
  throw new Problem('request-invalid', 'Hub-Service names no service of this consent', {
    errors: [
      { field: 'Hub-Service', code: 'value-wrong', detail: 'must be the key of a service that the consent is for' },
    ],
  });
};

/**
 * The service whose data source is called: the one that is named, or the first of the consent's that lets it out.
 *
 * @throws Problem `request-invalid`, `service-has-no-data`, `data-path-not-allowed`
 */
export const chooseService = (
  consent: Consent,
  services: ReadonlyMap<string, Service>,
  { method, segments, service: key }: Asked,
  trusted: Trusted,
): Chosen => {
  const keys = key === undefined ? consent.rights.map(({ service }) => service) : named(consent, key);
  let hasSource = false;
  for (const each of keys) {
    const service = services.get(each);
    const source = service && sourceOf(service, trusted);
    if (!service || !source) continue;
    hasSource = true;
    const pattern = patternFor(source, method, segments);
    if (pattern) return { service, source, pattern };
  }
  if (!hasSource) throw new Problem('service-has-no-data', 'No service of this consent names a data source');
  throw new Problem('data-path-not-allowed', `No service of this consent lets out ${method} of this path`);
};
