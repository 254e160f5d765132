import type pg from 'pg';
import { policyFaults } from './check-policies.ts';
import { closedDoors } from './roles.ts';

/** Tables whose rows belong to tenants. `test/store/doors.test.ts` holds this list against the schema. */
export const tenantTables = [
  'tenants',
  'tenant_counters',
  'api_keys',
  'used_assertions',
  'consents',
  'data_uses',
  'callback_states',
  'outbox',
  'events',
  'webhook_endpoints',
  'webhook_deliveries',
  'webhook_attempts',
  'access',
  'access_requests',
  'paces',
  'tokens',
  'token_counts',
  'usage_months',
  'feeds',
  'invitations',
  'audit',
] as const;

/**
 * What must be true of the database before anything is served: both roles can be taken and are what they should be, and
 * row policies are on and forced on every tenant table. Answers what is wrong, in words for whoever started the hub.
 */
export const storeFaults = async (pool: Pick<pg.Pool, 'query'>, production: boolean): Promise<string[]> => {
  const { rows: roles } = await pool.query<{
    rolname: string;
    rolsuper: boolean;
    rolbypassrls: boolean;
    login: boolean;
    inherits: boolean;
  }>(
    `select rolname, rolsuper, rolbypassrls, rolname = session_user as login,
       rolname = session_user and not rolsuper and exists (
         select from pg_roles door where door.rolname in ('hub_tenant', 'hub_operator') and pg_has_role(session_user, door.oid, 'USAGE')
       ) as inherits
     from pg_roles where rolname in ('hub_tenant', 'hub_operator') or rolname = session_user`,
  );
  const { rows: tables } = await pool.query<{ relname: string; relrowsecurity: boolean; relforcerowsecurity: boolean }>(
    `select relname, relrowsecurity, relforcerowsecurity from pg_class where relnamespace = 'public'::regnamespace and relname = any($1)`,
    [tenantTables],
  );
  const guarded = new Set(
    tables
      .filter(({ relrowsecurity, relforcerowsecurity }) => relrowsecurity && relforcerowsecurity)
      .map(({ relname }) => relname),
  );
  const closed = await closedDoors(pool);
  return [
    ...closed.map(
      (name) => `the login may not take the role ${name}: \`hub migrate\` makes it, or says what a DBA must run`,
    ),
    ...roles
      .filter(({ rolsuper, rolbypassrls, login }) => (rolsuper || rolbypassrls) && (production || !login))
      .map(({ rolname }) => `the database role ${rolname} is superuser or may bypass row policies`),
    ...roles
      .filter(({ inherits }) => inherits)
      .map(
        ({ rolname }) =>
          `the login ${rolname} sees tenants' rows without coming through a door: \`hub migrate\` says what a DBA must run`,
      ),
    ...tenantTables.filter((name) => !guarded.has(name)).map((name) => `row policies are not forced on table ${name}`),
    ...(await policyFaults(pool, tenantTables)),
  ];
};

/**
 * The limit on connections that is nearest: the server's, this login's or this database's. Whose the others are and what
 * they do is hidden from an ordinary login; that they are there is not.
 */
export type ConnectionUse = { most: number; inUse: number; free: number; limit: string };

export const connectionUse = async (from: Pick<pg.Pool, 'query'>): Promise<ConnectionUse> => {
  const { rows } = await from.query<ConnectionUse>(
    `with users as (select usename, datname from pg_stat_activity where datid is not null and usesysid is not null),
     limits as (
       select 'max_connections' as "limit", (select count(*) from users) as used,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as most
       union all
       select 'the connection limit of the login', (select count(*) from users where usename = session_user), rolconnlimit
       from pg_roles where rolname = session_user and rolconnlimit >= 0
       union all
       select 'the connection limit of the database', (select count(*) from users where datname = current_database()), datconnlimit
       from pg_database where datname = current_database() and datconnlimit >= 0)
     select "limit", most::int, used::int as "inUse", (most - used)::int as free from limits order by most - used limit 1`,
  );
  return rows[0] ?? { most: 0, inUse: 0, free: 0, limit: 'max_connections' };
};
