import { z } from 'zod';
import type { FindDelegations } from '../../usecases/asking-port.ts';
import { type LookOptions, notShown, openDelegationCalls, unreadableList } from './delegation-calls.ts';

const Delegations = z.array(
  z.looseObject({ consumer_org: z.string(), supplier_org: z.string(), scopes: z.array(z.string()).nullish() }),
);

/** What Altinn tells the owner of a scope: for an operator that owns some of its tenants' scopes itself. @see docs/sources/owners-and-delegations.md */
export const openOwnerLookup = (options: LookOptions): FindDelegations & { close(): Promise<void> } => {
  const { look, close } = openDelegationCalls(options);
  const { operatorOrgno } = options;
  return {
    from: 'owner-lookup',
    scope: 'altinn:maskinporten/delegations',
    async consumersOf(scope, token, signal) {
      const query = { supplierOrg: operatorOrgno, scope };
      const answer = await look('maskinporten/delegations/', query, token, signal);
      // A scope of somebody else's: only its owner is told.
      if (answer.status === 403) return undefined;
      if (answer.status !== 200) throw notShown(answer, 'the delegations of a scope');
      const read = Delegations.safeParse(answer.body);
      if (!read.success) throw unreadableList();
      const ours = read.data.filter(
        (one) => one.supplier_org === operatorOrgno && one.scopes?.includes(scope) !== false,
      );
      return new Set(ours.map((one) => one.consumer_org));
    },
    close,
  };
};
