import { createSecretKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { keptLives, type LongestLives } from '../domain/client-scopes.ts';
import { Problem } from '../domain/problem.ts';
import type { Service } from '../domain/service.ts';
import { openGate } from '../lib/gate.ts';
import { type Memory, remember } from '../lib/remember.ts';
import { type Grants, openGrants } from './data/grants.ts';
import type { Ports } from './ports.ts';
import type { OperatorRows } from './store-port.ts';
import type { ApiKey, OperatorKey, Tenant } from './use-cases.ts';

/** Nothing a process remembers of keys, tenants and clients is older than this, even when no notice of a change arrives. */
export const believedMs = 5000;

/** Keys this process has never seen fit are looked up so many at once, and so many may wait for that. */
const strangersAtOnce = 4;
const strangersWaiting = 256;

export type ClientWithKeys = Awaited<ReturnType<OperatorRows['clients']['list']>>[number];

/** A token as a process has it at hand, and when it is no longer handed out. */
type NearToken = { id: string; token: string; expiresAt: Date; fetchedAt: Date; leavesAt: number };

export type Memories = {
  /** By all that tells one token from another. Believed no longer than the rest without another look at its row. */
  tokens: LRUCache<string, NearToken>;
  /** By hex digest of the key. */
  tenantByKey: Memory<{ key: ApiKey; tenant: Tenant }>;
  /** By the key's id: what an app's tokens, and its words for more of them, name. */
  tenantByKeyId: Memory<{ key: ApiKey; tenant: Tenant }>;
  operatorByKey: Memory<OperatorKey>;
  /** With the tenant's own key for look-ups and comparisons, opened. */
  tenant: Memory<{ tenant: Tenant; hmacKey: KeyObject }>;
  /** The whole catalogue. */
  services(): Promise<Map<string, Service>>;
  clients(): Promise<ClientWithKeys[]>;
  /** Both, where they are remembered already; other objects once they are read again. */
  house(): { services: Map<string, Service>; clients: ClientWithKeys[] } | undefined;
  /** Of our clients' scopes, as a worker last read them. */
  longestLives(): Promise<LongestLives>;
  /** Consents whose data are being fetched, and their tokens. */
  grants: Grants;
  /** Nothing is believed any more: what was changed here just now is known here at once. */
  forget(): void;
};

export const openMemories = ({
  clock,
  store,
  sealing,
  notices,
}: Pick<Ports, 'clock' | 'store' | 'sealing' | 'notices'>): Memories => {
  // Anybody can make up keys; whoever does may keep this many connections busy and no more.
  const strangers = openGate(
    strangersAtOnce,
    strangersWaiting,
    () => new Problem('too-busy', 'Too many keys are being looked up', { retryAfterSeconds: 1 }),
  );
  const tenantByKey = remember(
    (digest) => store.asOperator((rows) => rows.tenants.findByApiKey(Buffer.from(digest, 'hex'))),
    believedMs,
    { strangers },
  );
  const tenantByKeyId = remember((id) => store.asOperator((rows) => rows.tenants.findByApiKeyId(id)), believedMs, {
    strangers,
  });
  const operatorByKey = remember(
    (digest) => store.asOperator((rows) => rows.operatorKeys.findByDigest(Buffer.from(digest, 'hex'))),
    believedMs,
    { strangers },
  );
  const tenant = remember(async (id) => {
    const row = await store.asOperator((rows) => rows.tenants.find(id));
    if (!row) return undefined;
    const { hmacKeySealed, ...rest } = row;
    return {
      tenant: rest,
      hmacKey: createSecretKey(
        sealing.open({ tenantId: id, table: 'tenants', column: 'hmac_key', row: id }, hmacKeySealed),
      ),
    };
  }, believedMs);
  const services = remember(
    async () => new Map((await store.asOperator((rows) => rows.services.list())).map((row) => [row.key, row])),
    believedMs,
  );
  const clients = remember(() => store.asOperator((rows) => rows.clients.list()), believedMs);
  const lives = remember(
    async () => (await store.asOperator((rows) => rows.known.read(keptLives))) as LongestLives | undefined,
    believedMs,
  );

  const tokens = new LRUCache<string, NearToken>({ max: 50_000, ttl: believedMs });

  notices.on('changed:tokens', () => tokens.clear());
  notices.on('changed:keys', () => {
    tenantByKey.forget();
    tenantByKeyId.forget();
    operatorByKey.forget();
    tenant.forget();
  });
  notices.on('changed:services', services.forget);
  notices.on('changed:clients', clients.forget);
  return {
    tokens,
    tenantByKey,
    tenantByKeyId,
    operatorByKey,
    tenant,
    services: async () => (await services.get('')) ?? new Map(),
    clients: async () => (await clients.get('')) ?? [],
    house: () => {
      const [catalogue, ours] = [services.held(''), clients.held('')];
      return catalogue && ours && { services: catalogue, clients: ours };
    },
    longestLives: async () => (await lives.get('')) ?? {},
    grants: openGrants({ clock, store, notices }),
    forget: () => {
      tokens.clear();
      for (const memory of [tenantByKey, tenantByKeyId, operatorByKey, tenant, services, clients, lives])
        memory.forget();
    },
  };
};

/** What verbs are built from. */
export type Parts = Ports & { memories: Memories };
