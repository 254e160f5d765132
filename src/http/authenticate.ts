import { Problem } from '../domain/problem.ts';
import { type Networks, openNetworks } from '../lib/networks.ts';
import { type Soon, soon } from '../lib/soon.ts';
import {
  type By,
  type OperatorCaller,
  operatorRoles,
  type ShownKey,
  type TenantCaller,
  type UseCases,
} from '../usecases/use-cases.ts';
import type { Limits } from './limits.ts';
import type { Route } from './route.ts';

/** The key of an `Authorization: Bearer …` header. */
const bearer = (header: string | undefined): string | undefined =>
  /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1];

const mayCallAsTenant = ({ tenant, scopes }: TenantCaller, { scope }: Route): void => {
  if (tenant.status !== 'active') throw new Problem('tenant-suspended', 'The operator has suspended this tenant');
  if (scope !== undefined && scope !== 'any' && !scopes.includes(scope))
    throw new Problem('scope-missing', `This call needs the scope ${scope}`);
};

const mayCallAsOperator = ({ role }: OperatorCaller, { role: needed = 'administrator' }: Route): void => {
  if (operatorRoles.indexOf(role) < operatorRoles.indexOf(needed))
    throw new Problem('role-missing', `This call needs the role ${needed}`);
};

/** A caller is one object for as long as its key is remembered. */
const reaches = new WeakMap<TenantCaller, Networks>();
const isElsewhere = (caller: TenantCaller, address: string): boolean => {
  if (!caller.allowedAddresses) return false;
  const reach = reaches.get(caller) ?? openNetworks(caller.allowedAddresses);
  reaches.set(caller, reach);
  return !reach.hold(address);
};

/** Who calls, with what, and from where. */
type Shown = { authorization: string | undefined; connection: object; address: string; requestId: string };

/**
 * What each connection showed last, for as long as it stands: apps keep theirs open, and show the same key with each request.
 * It is looked up each time; only to read and to digest it is spared.
 */
const shownLast = new WeakMap<object, { authorization: string; key: ShownKey }>();
const keyShown = (authorization: string | undefined, connection: object): ShownKey => {
  const last = shownLast.get(connection);
  if (last !== undefined && last.authorization === authorization) return last.key;
  const text = bearer(authorization);
  if (authorization === undefined || text === undefined)
    throw new Problem('unauthorized', 'Send Authorization: Bearer <key>');
  const key = { text };
  shownLast.set(connection, { authorization, key });
  return key;
};

/**
 * Who calls, or why they may not. Limits count before anything is allowed, so that a key that may do nothing is slowed too.
 *
 * @throws Problem `unauthorized`, `too-busy`, `too-many-requests`, `address-not-allowed`, `tenant-suspended`, `scope-missing`, `role-missing`
 */
export const authenticate =
  (uses: Pick<UseCases, 'identifyTenant' | 'identifyOperator' | 'noteRefusedAddress'>, limits: Limits) =>
  (route: Route, { authorization, connection, address, requestId }: Shown): Soon<By['caller']> => {
    const key = keyShown(authorization, connection);
    const refused = async (caller: TenantCaller): Promise<never> => {
      await uses.noteRefusedAddress({ caller, requestId }, address);
      throw new Problem('address-not-allowed', 'The key may not be used from this address');
    };
    const admitted = (caller: By['caller'] | undefined): Soon<By['caller']> => {
      if (!caller) {
        shownLast.delete(connection);
        throw new Problem('unauthorized', 'The key is unknown, expired or revoked');
      }
      limits.called(caller);
      if (caller.kind === 'tenant' && isElsewhere(caller, address)) return refused(caller);
      if (caller.kind === 'tenant') mayCallAsTenant(caller, route);
      else mayCallAsOperator(caller, route);
      return caller;
    };
    return soon<By['caller'] | undefined, By['caller']>(
      route.audience === 'tenant' ? uses.identifyTenant(key) : uses.identifyOperator(key.text),
      admitted,
    );
  };
