import { z } from 'zod';
import type { FindDelegations } from '../../usecases/asking-port.ts';
import { type LookOptions, notShown, openDelegationCalls, unreadableList } from './delegation-calls.ts';

const Resources = z.array(
  z.looseObject({
    permissions: z.array(z.looseObject({ from: z.looseObject({ organizationIdentifier: z.string().nullish() }) })),
  }),
);

/**
 * The supplier's own list in Altinn 3: which consumers have delegated a resource with this scope in it. It is made for persons
 * that are logged in; whether Altinn opens it to an operator's own token is for the operator to find out.
 *
 * @see docs/sources/owners-and-delegations.md
 */
export const openSupplierList = ({
  party,
  ...options
}: LookOptions & { party: string }): FindDelegations & { close(): Promise<void> } => {
  const { look, close } = openDelegationCalls(options);
  return {
    from: 'supplier-list',
    scope: 'altinn:accessmanagement/enduser:maskinportenconsumers.read',
    async consumersOf(scope, token, signal) {
      const answer = await look('enduser/maskinportenconsumers/resources', { party, scope }, token, signal);
      if (answer.status !== 200) throw notShown(answer, 'the operator’s list of consumers');
      const read = Resources.safeParse(answer.body);
      if (!read.success) throw unreadableList();
      const from = read.data
        .flatMap(({ permissions }) => permissions ?? [])
        .map((one) => one.from.organizationIdentifier);
      return new Set(from.filter((orgno) => typeof orgno === 'string'));
    },
    close,
  };
};
