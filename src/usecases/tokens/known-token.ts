import { LRUCache } from 'lru-cache';
import { fromKept, Problem } from '../../domain/problem.ts';
import { identityOf, safetyMarginMs } from '../../domain/token.ts';
import type { Place } from '../../lib/seal.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows, TokenRow, TokenSpec } from '../store-port.ts';
import { findClient, type UsableClient } from './find-client.ts';

/** Which token: one scope each, since few scopes make for long lives. */
export type TokenNeed = {
  tenantId: string;
  scope: string;
  resource?: readonly string[];
  consentId?: string;
  /** Asks although it was refused a moment ago: whoever probes wants to know how it is now. */
  anew?: boolean;
  /** Fetched although the one at hand is good still: its end is near. */
  renew?: boolean;
  /** The other side did not take this one: it is forgotten, and another wanted. */
  refused?: string;
};
export type ReadyToken = { id: string; token: string; expiresAt: Date; fetchedAt: Date };

export const tokenPlace = (tenantId: string, tokenId: string): Place => ({
  tenantId,
  table: 'tokens',
  column: 'token_sealed',
  row: tokenId,
});

/** Opens a row's token unless it is about to end. */
export const openToken = (
  { clock, sealing }: Pick<Parts, 'clock' | 'sealing'>,
  row: TokenRow,
): ReadyToken | undefined => {
  const { sealed, expiresAt, fetchedAt } = row;
  if (!sealed || !expiresAt || !fetchedAt) return undefined;
  const margin = safetyMarginMs(expiresAt.getTime() - fetchedAt.getTime());
  if (expiresAt.getTime() - margin <= clock.now().getTime()) return undefined;
  return { id: row.id, token: sealing.open(tokenPlace(row.tenantId, row.id), sealed).toString(), expiresAt, fetchedAt };
};

/** What is known of a token: the token itself, or its row and the way to fetch it. */
export type Known = { ready: ReadyToken } | { row: TokenRow; spec: TokenSpec; consumer: string; by: UsableClient };

/** In this process, by identity; a token is believed no longer than `believedMs` without another look at its row. */
const believedMs = 5000;

/** Tokens for so many different audiences a tenant may hold of one scope: each is a row, and a call at Maskinporten. */
const mostResources = 100;

/**
 * Looks in the process, then in the tenant's row (made when there is none).
 *
 * @throws Problem the refusal of a moment ago, while it is still believed; `client-missing`, `token-resources-too-many`
 */
export const knownToken = (parts: Parts) => {
  const { clock, ids, store, memories, settings } = parts;
  const near = new LRUCache<string, ReadyToken & { leavesAt: number }>({ max: 20_000, ttl: believedMs });
  const find = findClient(parts);
  parts.notices.on('changed:tokens', () => near.clear());

  const made = async (rows: TenantRows, spec: TokenSpec): Promise<TokenRow> => {
    const now = clock.now();
    const [scope = ''] = spec.scopes;
    if (spec.resource.length > 0 && (await rows.tokens.countResources(scope, now)) >= mostResources)
      throw new Problem('token-resources-too-many', `${scope} is held for ${mostResources} resources already`);
    return rows.tokens.ensure(spec, ids.uuid(), now);
  };

  return async ({
    tenantId,
    scope,
    resource = [],
    consentId,
    anew = false,
    renew = false,
    refused,
  }: TokenNeed): Promise<Known> => {
    const by = await find(scope);
    const known = await memories.tenant.get(tenantId);
    if (!known) throw new Error('the tenant is gone');
    const consumer = known.tenant.orgno;
    const identity = identityOf({
      issuer: settings.issuer,
      clientId: by.client.clientId,
      scopes: [scope],
      consumer,
      resource,
      consentId,
    });
    const name = identity.toString('hex');
    const close = near.get(name);
    if (close && close.token === refused) near.delete(name);
    else if (!renew && !anew && close && close.leavesAt > clock.now().getTime()) return { ready: close };
    const spec: TokenSpec = {
      identity,
      clientId: by.client.id,
      scopes: [scope],
      resource: [...resource],
      ...(consentId === undefined ? {} : { consentId }),
    };
    const row = await store.asTenant(tenantId, async (rows) => {
      const found = (await rows.tokens.findByIdentity(identity)) ?? (await made(rows, spec));
      const ready = openToken(parts, found);
      if (!ready || ready.token !== refused) return found;
      await rows.tokens.drop(found.id, ready.fetchedAt);
      return (await rows.tokens.find(found.id)) ?? found;
    });
    const ready = openToken(parts, row);
    if (ready && !renew) {
      const life = ready.expiresAt.getTime() - ready.fetchedAt.getTime();
      near.set(name, { ...ready, leavesAt: ready.expiresAt.getTime() - safetyMarginMs(life) });
      return { ready };
    }
    if (!anew && row.failure && row.failedUntil && row.failedUntil > clock.now()) throw fromKept(row.failure);
    return { row, spec, consumer, by };
  };
};
