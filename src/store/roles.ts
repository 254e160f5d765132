import type pg from 'pg';
import type { Client } from 'pg';
import { DatabaseNotReady } from './direct-login.ts';

/** The two doors (DESIGN 3): a connection starts in one of these roles, and row policies name them. */
export const doorRoles = ['hub_tenant', 'hub_operator'] as const;

type Standing = {
  login: string;
  /** Since 16, membership says apart whether it may be stepped into, and whether it is in force without that. */
  version: number;
  missing: string[];
  closed: string[];
  /** It has, or before 16 would have, the rights of both roles without stepping into them: that would be a third door. */
  inherits: boolean;
  mayMakeRoles: boolean;
  mayCreate: boolean;
};

const look = async (client: Client): Promise<Standing> => {
  const { rows } = await client.query({
    text: `
      with facts as (select current_setting('server_version_num')::int / 10000 as version),
      doors as (select name, r.oid from unnest($1::text[]) name left join pg_roles r on r.rolname = name)
      select current_user as login, version,
        array(select name from doors where oid is null) as missing,
        array(select name from doors where oid is not null
          and not pg_has_role(current_user, oid, case when version >= 16 then 'SET' else 'MEMBER' end)) as closed,
        (select not rolsuper and case when version < 16 then rolinherit else
            exists (select from doors where oid is not null and pg_has_role(current_user, oid, 'USAGE')) end
          from pg_roles where rolname = current_user) as inherits,
        (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as "mayMakeRoles",
        coalesce(has_schema_privilege(current_user, to_regnamespace('public'), 'CREATE'), false) as "mayCreate"
      from facts`,
    values: [doorRoles],
  });
  return rows[0];
};

const linesFor = (client: Client, { login, version, missing, closed, inherits, mayCreate }: Standing): string[] => {
  const name = client.escapeIdentifier(login);
  const isNew = version >= 16;
  const toOpen = doorRoles.filter((role) => missing.includes(role) || closed.includes(role) || (isNew && inherits));
  return [
    ...missing.map((role) => `CREATE ROLE ${role} NOLOGIN NOINHERIT;`),
    ...(toOpen.length > 0
      ? [`GRANT ${toOpen.join(', ')} TO ${name}${isNew ? ' WITH INHERIT FALSE, SET TRUE' : ''};`]
      : []),
    // Without inheritance a database's owner loses what it has by being that.
    ...(mayCreate && !(inherits && !isNew) ? [] : [`GRANT USAGE, CREATE ON SCHEMA public TO ${name};`]),
    ...(inherits && !isNew ? [`ALTER ROLE ${name} NOINHERIT;`] : []),
  ];
};

/** Those of the two roles that this login may not take, so that their door stays shut. */
export const closedDoors = async (from: Pick<pg.Pool, 'query'>): Promise<string[]> => {
  const { rows } = await from.query<{ name: string }>({
    text: `select name from unnest($1::text[]) name left join pg_roles r on r.rolname = name
      where r.oid is null or not pg_has_role(session_user, r.oid,
        case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)`,
    values: [doorRoles],
  });
  return rows.map(({ name }) => name);
};

/** Roles belong to the whole server: another database's hub may be making the same ones at this moment. */
const wasFaster = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['42710', '23505', 'XX000'].includes(String(error.code));
const mayNot = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42501';

/**
 * Makes the roles of the two doors and this login a member of both, when it may.
 *
 * @throws DatabaseNotReady with the exact lines for a DBA when it may not
 */
export const ensureRoles = async (client: Client): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const standing = await look(client);
    const lines = linesFor(client, standing);
    if (lines.length === 0) return;
    try {
      if (!standing.mayMakeRoles) throw forDba(client, lines);
      for (const line of lines) await client.query(line);
    } catch (error) {
      if (mayNot(error)) throw forDba(client, lines, error);
      if (!wasFaster(error) || attempt === 10) throw error;
    }
  }
};

const forDba = ({ database }: Client, lines: readonly string[], cause?: unknown): DatabaseNotReady =>
  new DatabaseNotReady(
    `The login may not make what the hub needs. Let a superuser run these lines in the database "${database}", then start again:\n\n${lines.join('\n')}\n`,
    { cause },
  );
