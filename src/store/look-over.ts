import type { Client } from 'pg';
import type { LivingKey } from '../domain/client-keys.ts';
import { keptLives, type LongestLives } from '../domain/client-scopes.ts';
import { acceptedEveryMs, pendingEveryMs } from '../domain/feed-pace.ts';
import type { KeptProblem } from '../domain/problem.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { FeedsSeen } from '../usecases/feed-store-port.ts';
import { nobodysTenant } from '../usecases/jobs.ts';
import type { EndpointsSeen } from '../usecases/webhook-rows-port.ts';
import { type ConnectionUse, connectionUse, storeFaults } from './check-store.ts';
import { withLogin } from './direct-login.ts';
import { type EndpointSeen, endpointsText, troubledText } from './endpoint-health.ts';
import { seenFeedsText, stalestFeedsText } from './feed-rows.ts';
import { closedDoors } from './roles.ts';

/** Due for so long means: nobody takes it, or nobody can. */
export const lateSeconds = 120;

export type WorkOwed = {
  job: string;
  owed: number;
  /** Due and with nobody. */
  due: number;
  oldestDueSeconds: number;
  handedOut: number;
  /** Handed out, and its lease has ended without a word. */
  pastLease: number;
  failing: number;
  lastProblem: string | null;
};

export type ClientSeen = {
  name: string;
  purpose: string;
  scopes: string[];
  activeKeys: number;
  stoppedAt?: Date;
  stoppedProblem?: KeptProblem;
  /** `certificate`: its own, of the chain beside it. */
  keys: (LivingKey & { certificate?: string; fault?: string })[];
};

/** A tenant whose feed at Altinn was read to its end so long ago. */
export type StaleFeed = { name: string; while: FeedsSeen['while']; staleMs: number; lastProblem: string | null };

/** A tenant that is being off-boarded, or is to be erased by now. */
export type Leaving = {
  name: string;
  orgno: string;
  step: 'off-boarding' | 'erasing';
  /** Since it began; or since it was due. */
  seconds: number;
  /** Consents that Altinn 2 has yet to take back. */
  toGiveBack: number;
  lastProblem: string | null;
};

export type Contents = {
  work: WorkOwed[];
  /** Consents that wait for somebody outside. */
  blocked: { mover: string; code: string; consents: number; tenants: number }[];
  leaving: Leaving[];
  feeds: { seen: FeedsSeen[]; stalest: StaleFeed[] };
  /** States that no endpoint is in are left out. */
  webhooks: { seen: EndpointsSeen[]; troubled: EndpointSeen[] };
  clients: ClientSeen[];
  dataScopes: string[];
  lives: LongestLives;
  /** API keys and operator keys that end within thirty days, or have just ended. */
  ending: { kind: 'operator key' | 'API key'; name: string; expiresAt: Date }[];
};

export type Overview = {
  version: string;
  /** The database's clock less ours. */
  aheadMs: number;
  use: ConnectionUse;
  /** Connections of this login to this database, by what they call themselves. */
  sessions: Record<string, number>;
  /** Statements of this login that wait for a lock, and the longest such wait. */
  lockWaits: { many: number; longestSeconds: number };
  /** Of roles and row policies; empty while there are no tables. */
  faults: string[];
  /** Does BullMQ have its tables here? */
  hasQueues: boolean;
  /** Missing while the tables are, or the operators' door is shut. */
  contents?: Contents;
};

/** A process that serves keeps one connection to hear notices. */
export const listeners = ({ sessions }: Pick<Overview, 'sessions'>): number => sessions['samtykkehub listener'] ?? 0;

const workText = `
  select job, count(*)::int as owed,
    (count(*) filter (where due_at <= $1::timestamptz and leased_until is null))::int as due,
    coalesce(extract(epoch from $1::timestamptz - min(due_at) filter (where due_at <= $1::timestamptz and (leased_until is null or leased_until < clock_timestamp()))), 0)::float8 as "oldestDueSeconds",
    (count(*) filter (where leased_until >= clock_timestamp()))::int as "handedOut",
    (count(*) filter (where leased_until < clock_timestamp()))::int as "pastLease",
    (count(*) filter (where failures > 0))::int as failing,
    (array_agg(last_problem order by failures desc, due_at) filter (where last_problem is not null))[1] as "lastProblem"
  from outbox group by job order by job`;

const blockedText = `
  select coalesce(problem->>'mover', 'unknown') as mover, coalesce(problem->>'code', 'unknown') as code,
    count(*)::int as consents, count(distinct tenant_id)::int as tenants
  from consents where status = 'blocked' group by 1, 2 order by 3 desc`;

/** Each look at work goes by its key: few tenants leave at a time. */
const leavingText = `
  select t.name, t.orgno, case t.status when 'offboarding' then 'off-boarding' else 'erasing' end as step,
    extract(epoch from $1::timestamptz - case t.status when 'offboarding' then t.offboarding_at else t.erase_at end)::float8 as seconds,
    (select count(*)::int from outbox o join consents c on c.tenant_id = o.tenant_id and c.id = o.subject_id
     where o.job = 'read-consent' and o.tenant_id = t.id and c.generation = 'altinn2' and c.ended_at is not null) as "toGiveBack",
    (select o.last_problem from outbox o where o.last_problem is not null and (o.job = 'read-consent' and o.tenant_id = t.id
       or o.job in ('offboard-tenant', 'erase-tenant') and o.tenant_id = '${nobodysTenant}' and o.subject_id = t.id) order by o.failures desc limit 1) as "lastProblem"
  from tenants t where t.status = 'offboarding' or t.status = 'offboarded' and t.erase_at < $1::timestamptz order by 4 desc limit 5`;

const clientsText = `
  select id, name, purpose, scopes, stopped_at as "stoppedAt", stopped_problem as "stoppedProblem",
    (select count(*)::int from maskinporten_keys k
     where k.client_id = c.id and k.state = 'active' and (k.private_sealed is not null or k.source is not null)) as "activeKeys"
  from maskinporten_clients c order by name`;

const keysText = `
  select client_id as "clientId", id, kid, state, created_at as "createdAt", expires_at as "expiresAt", problem, fault,
    certificate_chain[1] as certificate
  from maskinporten_keys where state <> 'retired' order by id`;

const readClients = async (client: Client): Promise<ClientSeen[]> => {
  const { rows: keys } = await client.query<Record<string, unknown>>(keysText);
  const { rows } = await client.query<Record<string, unknown>>(clientsText);
  return rows.map(({ id, ...row }) => ({
    ...withoutNulls(row),
    keys: keys.filter(({ clientId }) => clientId === id).map(({ clientId: _, ...key }) => withoutNulls(key)),
  })) as unknown as ClientSeen[];
};

const endingText = `
  select * from (
    select 'operator key' as kind, name, expires_at as "expiresAt" from operator_keys where revoked_at is null
    union all select 'API key', name, expires_at from api_keys where revoked_at is null) keys
  where "expiresAt" between $1::timestamptz - interval '7 days' and $1::timestamptz + interval '30 days' order by "expiresAt" limit 20`;

const readContents = async (client: Client, now: Date): Promise<Contents> => {
  await client.query('set role hub_operator');
  return {
    work: (await client.query<WorkOwed>(workText, [now])).rows,
    blocked: (await client.query<Contents['blocked'][number]>(blockedText)).rows,
    leaving: (await client.query<Leaving>(leavingText, [now])).rows,
    feeds: {
      seen: (await client.query<FeedsSeen>(seenFeedsText, [now])).rows,
      stalest: (await client.query<StaleFeed>(stalestFeedsText, [now, pendingEveryMs, acceptedEveryMs])).rows,
    },
    webhooks: {
      seen: (await client.query<EndpointsSeen>(endpointsText, [now])).rows,
      troubled: (await client.query<EndpointSeen>(troubledText, [now, lateSeconds])).rows,
    },
    clients: await readClients(client),
    dataScopes: (await client.query<{ scope: string }>('select distinct data_scope as scope from services')).rows.map(
      ({ scope }) => scope,
    ),
    lives:
      (await client.query<{ value: LongestLives }>('select value from known_good where name = $1', [keptLives])).rows[0]
        ?.value ?? {},
    ending: (await client.query<Contents['ending'][number]>(endingText, [now])).rows,
  };
};

const readServer = async (client: Client) => {
  const before = Date.now();
  const { rows: clock } = await client.query<{ at: Date; version: string; tables: boolean; queues: boolean }>(
    `select clock_timestamp() as at, current_setting('server_version') as version,
       to_regclass('public.outbox') is not null as tables, to_regnamespace('bullmq') is not null as queues`,
  );
  const asked = (before + Date.now()) / 2;
  const { rows: sessions } = await client.query<{ name: string; many: number }>(
    `select application_name as name, count(*)::int as many from pg_stat_activity
     where datname = current_database() and usename = session_user and pid <> pg_backend_pid() group by 1 order by 1`,
  );
  const { rows: waits } = await client.query<Overview['lockWaits']>(
    `select count(*)::int as many, coalesce(extract(epoch from clock_timestamp() - min(query_start)), 0)::float8 as "longestSeconds"
     from pg_stat_activity where datname = current_database() and usename = session_user and wait_event_type = 'Lock'`,
  );
  const [{ at, version, tables, queues } = { at: new Date(), version: 'unknown', tables: false, queues: false }] =
    clock;
  return {
    hasTables: tables,
    found: {
      version,
      aheadMs: at.getTime() - asked,
      sessions: Object.fromEntries(sessions.map(({ name, many }) => [name, many])),
      lockWaits: waits[0] ?? { many: 0, longestSeconds: 0 },
      hasQueues: queues,
    },
  };
};

/**
 * What somebody on duty wants to know of a database, seen through one plain connection: it works also where the hub itself
 * would refuse to start, and changes nothing.
 *
 * @throws DatabaseNotReady when there is no connection to be had
 */
export const lookOver = (databaseUrl: string, now: Date, production: boolean): Promise<Overview> =>
  withLogin(
    databaseUrl,
    async (client) => {
      await client.query(`set statement_timeout = '5s'`);
      const { hasTables, found } = await readServer(client);
      const use = await connectionUse(client);
      const closed = await closedDoors(client);
      const faults = hasTables ? await storeFaults(client, production) : [];
      const readable = hasTables && !closed.includes('hub_operator');
      const overview = { ...found, use, faults };
      return readable ? { ...overview, contents: await readContents(client, now) } : overview;
    },
    { name: 'hub doctor', patienceMs: 5000 },
  );

/** How many processes of this login serve this database: each that does keeps one connection to hear notices. */
export const hubsAtWork = (databaseUrl: string): Promise<number> =>
  withLogin(databaseUrl, async (client) => listeners({ sessions: (await readServer(client)).found.sessions }), {
    name: 'hub demo',
    patienceMs: 5000,
  });

/** Can this address be connected to? @throws DatabaseNotReady when not */
export const tryLogin = (databaseUrl: string): Promise<void> =>
  withLogin(databaseUrl, async () => undefined, { name: 'hub doctor', patienceMs: 5000 });
