import { fromKept, Problem } from '../../domain/problem.ts';
import { stoppedFor } from '../../domain/refusals.ts';
import { identityOf, scopesNamed, usableUntil } from '../../domain/token.ts';
import type { Place as SealedPlace } from '../../lib/seal.ts';
import { believedMs, type Parts } from '../memory.ts';
import type { TokenRow, TokenSpec } from '../token-store-port.ts';
import { findClient, type UsableClient } from './find-client.ts';

/** Which token: one scope each, since few scopes make for long lives. */
export type TokenNeed = {
  tenantId: string;
  /** Or, where several are needed at once, their name (`nameOfScopes`). */
  scope: string;
  resource?: readonly string[];
  consentId?: string;
  /** Asks although it was refused a moment ago: whoever probes wants to know how it is now. */
  anew?: boolean;
  /** When the one at hand was fetched, which is good still, but its end is near: one that was fetched later is wanted. */
  renew?: Date;
  /** The other side did not take this one: it is forgotten, and another wanted. */
  refused?: string;
};
export type TokenFor = (need: TokenNeed, signal: AbortSignal) => Promise<ReadyToken>;

export type ReadyToken = { id: string; token: string; expiresAt: Date; fetchedAt: Date };

export const tokenPlace = (tenantId: string, tokenId: string): SealedPlace => ({
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
  if (usableUntil({ expiresAt, fetchedAt }) <= clock.now()) return undefined;
  return { id: row.id, token: sealing.open(tokenPlace(row.tenantId, row.id), sealed).toString(), expiresAt, fetchedAt };
};

/** What is known of a token: the token itself, or its row and the way to fetch it. */
export type Known =
  | { ready: ReadyToken; from: 'memory' | 'row' }
  | { row: TokenRow; spec: TokenSpec; consumer: string; by: UsableClient };

/** Who asks for it, for whom, and by what name it is at hand. */
type Place = { by: UsableClient; consumer: string; name: string };

/** Tokens for so many different audiences a tenant may hold of one scope: each is a row, and a call at Maskinporten. */
const mostResources = 100;

/** All that tells one token from another in this process, whose issuer is one. A line break stands in none of them. */
export const nameOf = (
  clientId: string,
  scope: string,
  consumer: string,
  { resource = [], consentId }: Pick<TokenNeed, 'resource' | 'consentId'>,
): string =>
  resource.length === 0 && consentId === undefined
    ? `${clientId}\n${scope}\n${consumer}`
    : JSON.stringify([clientId, scope, consumer, [...new Set(resource)].sort(), consentId]);

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...new Set(a)].sort()) === JSON.stringify([...new Set(b)].sort());

/** Does the row say what it is for as we do? Its client may have been registered with the hub anew. */
const isOf = (row: TokenRow, { scopes, resource, consentId }: TokenSpec): boolean =>
  row.consentId === consentId && sameSet(row.scopes, scopes) && sameSet(row.resource, resource);

/** In this process, without another look. */
export const nearToken = (
  { clock, memories }: Pick<Parts, 'clock' | 'memories'>,
  name: string,
): ReadyToken | undefined => {
  const close = memories.tokens.get(name);
  return close && close.leavesAt > clock.now().getTime() ? close : undefined;
};

/**
 * Looks in the process, then in the tenant's row (made when there is none).
 *
 * @throws Problem the refusal of a moment ago, while it is still believed; that of a client that is stopped; `client-missing`, `token-resources-too-many`
 */
export const knownToken = (parts: Parts) => {
  const { clock, ids, store, memories, settings } = parts;
  const { tokens: near } = memories;
  const find = findClient(parts);

  const rowOf = async (tenantId: string, spec: TokenSpec): Promise<TokenRow> => {
    const row = await store.tokenRow(tenantId, spec, ids.uuid(), mostResources, clock.now());
    // An API process may write such rows, and none of them may lead to another token than their identity says.
    if (row && !isOf(row, spec)) throw new Problem('token-unexpected', 'Its row names another token');
    if (row) return row;
    throw new Problem('token-resources-too-many', `${spec.scopes[0]} is held for ${mostResources} resources already`);
  };

  /** Forgets the one that was refused, unless another has come meanwhile. */
  const withoutRefused = async (row: TokenRow, refused: string): Promise<TokenRow> => {
    const ready = openToken(parts, row);
    if (ready?.token !== refused) return row;
    return store.asTenant(row.tenantId, async (rows) => {
      await rows.tokens.drop(row.id, ready.fetchedAt);
      return (await rows.tokens.find(row.id)) ?? row;
    });
  };

  const place = async ({ tenantId, scope, ...need }: TokenNeed): Promise<Place> => {
    const by = await find(scope);
    const known = await memories.tenant.get(tenantId);
    if (!known) throw new Error('the tenant is gone');
    const consumer = known.tenant.orgno;
    return { by, consumer, name: nameOf(by.client.clientId, scope, consumer, need) };
  };

  const look = async (need: TokenNeed, { by, consumer, name }: Place): Promise<Known> => {
    const { tenantId, scope, resource = [], consentId, anew = false, renew, refused } = need;
    const lookedAt = performance.now();
    const scopes = scopesNamed(scope);
    const { issuer } = settings;
    const identity = identityOf({ issuer, clientId: by.client.clientId, scopes, consumer, resource, consentId });
    const carried = consentId === undefined ? {} : { consentId };
    const spec: TokenSpec = { identity, clientId: by.client.id, scopes, resource: [...resource], ...carried };
    const found = await rowOf(tenantId, spec);
    const row = refused === undefined ? found : await withoutRefused(found, refused);
    const ready = openToken(parts, row);
    if (ready && !(renew && ready.fetchedAt <= renew)) {
      const ttl = Math.max(1, believedMs - (performance.now() - lookedAt));
      near.set(name, { ...ready, leavesAt: usableUntil(ready).getTime() }, { ttl });
      return { ready, from: 'row' };
    }
    // Also for whoever probes access: only its own probe asks with a client that was refused.
    if (by.client.stoppedProblem) throw fromKept(stoppedFor(by.client.stoppedProblem, scopes));
    if (!anew && row.failure && row.failedUntil && row.failedUntil > clock.now()) throw fromKept(row.failure);
    return { row, spec, consumer, by };
  };

  return async (need: TokenNeed): Promise<Known> => {
    const placed = await place(need);
    const close = nearToken(parts, placed.name);
    if (close && close.token === need.refused) near.delete(placed.name);
    else if (close && !need.renew && !need.anew) return { ready: close, from: 'memory' };
    return look(need, placed);
  };
};
