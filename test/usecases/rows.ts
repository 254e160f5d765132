import pg from 'pg';
import type { World } from '../support/hub-test.ts';

/** Looks behind the doors: what no answer of the hub would show. */
export const rowsOf = async <R extends pg.QueryResultRow>(
  { adminUrl }: Pick<World, 'adminUrl'>,
  text: string,
  values: unknown[] = [],
): Promise<R[]> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
};
