import type { Registry } from 'prom-client';
import { seenGauges } from './seen-gauges.ts';
import type { AccessSeen, AccessStatements } from './usecases/access-port.ts';

/** Whom tenants wait for, whatever process looks. Tenants have no names here. */
export const openAccessMetrics = (registry: Registry, store: Pick<AccessStatements, 'accessSeen'>): void => {
  const gauge = seenGauges(registry, () => store.accessSeen());
  const told = (name: string, what: AccessSeen['what'], help: string) =>
    gauge(name, help, ['mover'], (seen, tell) => {
      // Ours is told also where it is none: an alert reads it.
      tell({ mover: 'operator' }, 0);
      for (const { mover, many } of seen.filter((one) => one.what === what)) tell({ mover }, many);
    });
  told(
    'hub_consents_blocked',
    'blocked',
    'Consents that wait for somebody outside, by whose move it is (`operator`: ours)',
  );
  told(
    'hub_access_missing',
    'missing',
    'Scopes and services that tenants lack access to, by whose move it is (`operator`: ours)',
  );
};
