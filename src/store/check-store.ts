import type pg from 'pg';

/** Tables whose rows belong to tenants. `test/store/doors.test.ts` holds this list against the schema. */
export const tenantTables = [
  'tenants',
  'tenant_counters',
  'api_keys',
  'consents',
  'callback_states',
  'idempotency_keys',
  'outbox',
  'events',
  'webhook_endpoints',
  'webhook_deliveries',
  'webhook_attempts',
  'access',
  'tokens',
  'audit',
] as const;

/**
 * What must be true of the database before anything is served: both roles can be taken and are what they should be, and
 * row policies are on and forced on every tenant table. Answers what is wrong, in words for whoever started the hub.
 */
export const storeFaults = async (pool: pg.Pool, production: boolean): Promise<string[]> => {
  const { rows: roles } = await pool.query<{
    rolname: string;
    rolsuper: boolean;
    rolbypassrls: boolean;
    login: boolean;
  }>(
    `select rolname, rolsuper, rolbypassrls, rolname = session_user as login from pg_roles where rolname in ('hub_tenant', 'hub_operator') or rolname = session_user`,
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
  return [
    ...roles
      .filter(({ rolsuper, rolbypassrls, login }) => (rolsuper || rolbypassrls) && (production || !login))
      .map(({ rolname }) => `the database role ${rolname} is superuser or may bypass row policies`),
    ...tenantTables.filter((name) => !guarded.has(name)).map((name) => `row policies are not forced on table ${name}`),
  ];
};

/** Connections: what this process will hold at most, beside what the server has left. */
export const connectionBudget = async (
  pool: pg.Pool,
  wanted: number,
): Promise<{ wanted: number; most: number; inUse: number; fits: boolean }> => {
  const { rows } = await pool.query<{ most: number; used: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
       (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`,
  );
  const { most, used } = rows[0] ?? { most: 0, used: 0 };
  return { wanted, most, inUse: used, fits: used + wanted <= most };
};
