import type { AskForAccess, AskingBy, DelegationsFrom, FindDelegations } from '../../usecases/asking-port.ts';
import { openDelegationRequests } from '../altinn2/delegation-requests.ts';
import { openOwnerLookup } from './owner-lookup.ts';
import { openSupplierList } from './supplier-list.ts';

/** `party`: the operator's own name in Altinn's register, a UUID. */
type Options = {
  altinn3Url: string;
  altinn2Url: string;
  apiKey: string | undefined;
  operatorOrgno: string;
  party: string;
  timeoutMs?: number;
};
type Opened<T> = T & { close(): Promise<void> };

/** Each way that tells who has delegated, under the name that settings call it by. */
const finding: Record<DelegationsFrom, (options: Options) => Opened<FindDelegations>> = {
  'supplier-list': (options) => openSupplierList({ ...options, baseUrl: options.altinn3Url }),
  'owner-lookup': (options) => openOwnerLookup({ ...options, baseUrl: options.altinn3Url }),
};

/** And each way to ask for it. Altinn 3 has none: it refuses to be asked for resources that carry API scopes. */
const asking: Record<AskingBy, (options: Options) => Opened<AskForAccess>> = {
  'altinn2-delegation-requests': (options) => openDelegationRequests({ ...options, baseUrl: options.altinn2Url }),
};

/** As configured: what is not set is not there. */
export const openWays = (
  { from, by }: { from: DelegationsFrom | undefined; by: AskingBy | undefined },
  options: Options,
): { delegations?: FindDelegations; askFor?: AskForAccess; close(): Promise<void> } => {
  const delegations = from && finding[from](options);
  const askFor = by && asking[by](options);
  return {
    ...(delegations ? { delegations } : {}),
    ...(askFor ? { askFor } : {}),
    close: async () => {
      await Promise.allSettled([delegations?.close(), askFor?.close()]);
    },
  };
};
