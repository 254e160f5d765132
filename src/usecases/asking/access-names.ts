import type { Service } from '../../domain/service.ts';
import { scopesOf } from '../consents/upstream.ts';
import type { Settings } from '../ports.ts';

/** The access rows of kind `scope` that a tenant's services hang on, by name. */
export const accessNames = (
  settings: Pick<Settings, 'consentScope' | 'altinn2'>,
  catalogue: ReadonlyMap<string, Service>,
  services: readonly string[],
): Set<string> =>
  new Set(
    services.flatMap((key) => {
      const service = catalogue.get(key);
      if (!service) return [];
      return [...scopesOf(settings, service.generation), ...(service.checkDataAccess ? [service.dataScope] : [])];
    }),
  );
