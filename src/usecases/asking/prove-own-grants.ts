import type { Move } from '../../domain/owner-lists.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import type { Service } from '../../domain/service.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { Ports, Settings } from '../ports.ts';
import type { Tenant } from '../use-cases.ts';
import { accessNames } from './access-names.ts';
import { oweProof } from './owe-proof.ts';

type Parts = Pick<Ports, 'clock' | 'ids'> & {
  store: Pick<Ports['store'], 'asTenant'>;
  settings: Pick<Settings, 'links' | 'consentScope' | 'altinn2'>;
  tenants: readonly Tenant[];
  services: ReadonlyMap<string, Service>;
};

/**
 * What the operator has just changed as an API's owner may be what its own tenants wait for, or lose: it is found out at once. Lists
 * and rights show at the next consent alone, so that those which wait for one are let try.
 */
export const proveOwnGrants = (parts: Parts) => {
  const { clock, store, settings, services } = parts;
  const prove = oweProof(parts);
  const byOrgno = new Map(parts.tenants.map((tenant) => [tenant.orgno, tenant]));
  return async (moves: readonly Move[]): Promise<void> => {
    for (const [place, { orgno, register, name, what }] of moves.entries()) {
      const tenant = byOrgno.get(orgno);
      if (!tenant) continue;
      const dueAt = new Date(clock.now().getTime() + place * releaseEveryMs);
      await store.asTenant(tenant.id, async (rows) => {
        if (register === 'maskinporten') {
          const names = [...accessNames(settings, services, tenant.services)];
          for (const access of names.filter((one) => scopesNamed(one).includes(name)))
            await prove(rows, access, dueAt, what === 'remove' ? 'access-not-granted' : undefined);
        } else if (what !== 'remove') {
          for (const access of await rows.access.list())
            if (access.kind === 'service' && access.state === 'missing')
              await rows.outbox.owe('probe-access', access.id, dueAt, clock.now());
        }
      });
    }
  };
};
