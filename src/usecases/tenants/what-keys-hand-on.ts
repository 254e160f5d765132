import { Problem } from '../../domain/problem.ts';
import { openNetworks } from '../../lib/networks.ts';
import type { By, TenantScope } from '../use-cases.ts';

/**
 * A key hands on what it has itself and no more: neither further scopes nor a longer life. One that is `made` without an end
 * ends with its maker; one that `changes` stays as long as it was going to.
 *
 * @throws Problem `scope-missing`, `expires-at-too-late`
 */
export const checkMaker = (
  { caller }: By,
  scopes: readonly TenantScope[],
  expiresAt: Date | undefined,
  what: 'made' | 'changes' = 'made',
): void => {
  if (caller.kind !== 'tenant') return;
  const beyond = scopes.filter((scope) => !caller.scopes.includes(scope));
  if (beyond.length > 0)
    throw new Problem('scope-missing', `A key can hand on only scopes it has itself; it lacks ${beyond.join(', ')}`);
  const { keyExpiresAt } = caller;
  if (keyExpiresAt === undefined) return;
  if (expiresAt === undefined ? what === 'changes' : expiresAt > keyExpiresAt) {
    const detail = `must not lie after ${keyExpiresAt.toISOString()}, when the key that makes it ends`;
    throw new Problem('expires-at-too-late', `/expiresAt ${detail}`, {
      errors: [{ field: '/expiresAt', code: 'expires-at-too-late', detail }],
    });
  }
};

/** Nor is it of use in further places. @throws Problem `allowed-addresses-beyond` */
export const checkReach = ({ caller }: By, allowedAddresses: readonly string[] | undefined): void => {
  if (caller.kind !== 'tenant' || !caller.allowedAddresses) return;
  const own = openNetworks(caller.allowedAddresses);
  if (allowedAddresses?.every((network) => own.holdAllOf(network))) return;
  const code = 'allowed-addresses-beyond';
  const detail = `must lie within ${caller.allowedAddresses.join(', ')}`;
  throw new Problem(code, `/allowedAddresses ${detail}`, { errors: [{ field: '/allowedAddresses', code, detail }] });
};
