import type { DelegationsFrom, FindDelegations } from '../../usecases/asking-port.ts';
import type { LookOptions } from './delegation-calls.ts';
import { openOwnerLookup } from './owner-lookup.ts';
import { openSupplierList } from './supplier-list.ts';

/** `party`: the operator's own name in Altinn's register, a UUID. */
type Options = LookOptions & { party: string };

/** Each way that tells who has delegated, under the name that settings call it by. */
const ways: Record<DelegationsFrom, (options: Options) => FindDelegations & { close(): Promise<void> }> = {
  'supplier-list': openSupplierList,
  'owner-lookup': openOwnerLookup,
};

export const openFindDelegations = (from: DelegationsFrom, options: Options) => ways[from](options);
