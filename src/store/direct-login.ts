import pg from 'pg';

/** The database cannot be used as it is. The message is for the person at the terminal, and holds no password. */
export class DatabaseNotReady extends Error {}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** `localhost` tries two addresses and then throws them together, without a message of its own. */
const wordsOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(wordsOf).join('; ')
    : error instanceof Error
      ? error.message
      : String(error);

const inWords = (error: unknown, { host, port, user, database }: pg.Client): string => {
  const where = `${host}:${port}`;
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return `The database at ${where} does not let "${user}" in: check the login in its address.`;
    case '3D000':
      return `There is no database "${database}" at ${where}.`;
    case '53300':
      return `The database at ${where} has no connection left.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database's host ${host} is not known here.`;
    case 'ECONNREFUSED':
      return `Nothing listens at ${where}, where the database should be.`;
    default:
      return `The database at ${where} cannot be reached: ${wordsOf(error)}`;
  }
};

const secretOf = (databaseUrl: string): string | undefined => {
  try {
    return decodeURIComponent(new URL(databaseUrl).password) || undefined;
  } catch {
    return undefined;
  }
};

/** One plain connection, outside the doors. @throws DatabaseNotReady when there is none to be had. */
export const withLogin = async <T>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<T>,
  { name = 'hub migrate', patienceMs = 10_000 }: { name?: string; patienceMs?: number } = {},
): Promise<T> => {
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: patienceMs,
      application_name: name,
    });
  } catch {
    throw new DatabaseNotReady('DATABASE_URL is not an address of a PostgreSQL.');
  }
  client.on('error', () => {}); // a connection that breaks fails the query under way, too
  try {
    await client.connect();
  } catch (cause) {
    const secret = secretOf(databaseUrl);
    const words = inWords(cause, client);
    throw new DatabaseNotReady(secret === undefined ? words : words.replaceAll(secret, '…'), { cause });
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
};
