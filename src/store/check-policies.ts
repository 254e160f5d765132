import type pg from 'pg';

type Policy = {
  policyname: string;
  roles: string[];
  permissive: string;
  cmd: string;
  qual: string;
  with_check: string;
};

/** What the migration made of a table, as the catalogue tells it. */
const wantedOn = (table: string): Policy[] => {
  const own = table === 'tenants' ? '(id = current_tenant())' : '(tenant_id = current_tenant())';
  const all = { permissive: 'PERMISSIVE', cmd: 'ALL' };
  return [
    { ...all, policyname: 'operator_door', roles: ['hub_operator'], qual: 'true', with_check: 'true' },
    { ...all, policyname: 'tenant_door', roles: ['hub_tenant'], qual: own, with_check: own },
  ];
};

const inWords = ({ policyname, roles, permissive, cmd, qual, with_check }: Policy): string =>
  [policyname, permissive, cmd, roles.join(' '), qual, with_check].join(' | ');

/**
 * Policies add up: one too many shows a tenant everybody's rows, however right the others are. So each table must have
 * the two we made, to the letter, and no other; and the tenants' door may not lead on to the operator's.
 */
export const policyFaults = async (pool: Pick<pg.Pool, 'query'>, tables: readonly string[]): Promise<string[]> => {
  const { rows } = await pool.query<Policy & { tablename: string }>(
    `select tablename, policyname, roles::text[], permissive, cmd, qual, with_check from pg_policies
     where schemaname = 'public' and tablename = any($1)`,
    [tables],
  );
  const { rows: members } = await pool.query<{ leads: boolean }>(
    `select pg_has_role(t.oid, o.oid, 'MEMBER') as leads from pg_roles t, pg_roles o where t.rolname = 'hub_tenant' and o.rolname = 'hub_operator'`,
  );
  const faults = tables.flatMap((table) => {
    const found = rows.filter(({ tablename }) => tablename === table);
    const wanted = wantedOn(table);
    const words = new Set(wanted.map(inWords));
    return [
      ...found
        .filter((policy) => !words.has(inWords(policy)))
        .map(({ policyname }) => `the row policy ${policyname} on table ${table} is not one of ours`),
      ...wanted
        .filter((policy) => !found.some((one) => inWords(one) === inWords(policy)))
        .map(({ policyname }) => `the row policy ${policyname} on table ${table} is missing`),
    ];
  });
  return [
    ...faults,
    ...(members.some(({ leads }) => leads)
      ? ['the role hub_tenant is a member of hub_operator, and sees all rows']
      : []),
  ];
};
