import type { Store } from '../store-port.ts';
import type { Tenant } from '../use-cases.ts';

const pageSize = 200;

/** Every tenant that works, however many. */
export const activeTenants = async (store: Pick<Store, 'asOperator'>): Promise<Tenant[]> => {
  const all: Tenant[] = [];
  let cursor: string | undefined;
  do {
    const from: string | undefined = cursor;
    const page = await store.asOperator((rows) =>
      rows.tenants.list({ limit: pageSize, ...(from === undefined ? {} : { cursor: from }) }),
    );
    all.push(...page.items.filter(({ status }) => status === 'active'));
    cursor = page.next;
  } while (cursor !== undefined);
  return all;
};
