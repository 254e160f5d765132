import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { inject } from 'vitest';
import type { World } from '../support/hub-test.ts';

const tablesText = `
  select format('%I.%I', table_schema, table_name) as name from information_schema.tables
  where table_type = 'BASE TABLE' and table_schema in ('public', 'bullmq')`;

/** Keeps each row as it was written, what is sealed apart from the rest; rows that are there already are taken along. */
const recorderText = `
  create schema seen;
  create table seen.rows (place text, value text);
  create function seen.note() returns trigger language plpgsql security definer as $$
  declare member record;
  begin
    for member in select * from jsonb_each_text(to_jsonb(NEW)) where value is not null loop
      insert into seen.rows values (concat(TG_TABLE_SCHEMA, '.', TG_TABLE_NAME, ' ', member.key), member.value);
    end loop;
    return null;
  end $$;
  grant usage on schema seen to public`;

/** Each command that Redis is given, in a line. By hand: ioredis fails when a line comes with the answer to MONITOR itself. */
const openMonitor = async (redisUrl: string) => {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const commands: string[] = [];
  const lines = createInterface(socket);
  socket.write('MONITOR\r\n');
  const [answer] = await once(lines, 'line');
  if (answer !== '+OK') throw new Error(`MONITOR was answered ${answer}`);
  lines.on('line', (line) => commands.push(line.replaceAll('\\"', '"')));
  return { commands, close: () => socket.destroy() };
};

/** Watches the database, and Redis where the queues live there: rows and jobs that go again are seen too. */
export const watchWritten = async ({ adminUrl, engine }: World) => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(recorderText);
  const { rows: tables } = await client.query<{ name: string }>(tablesText);
  for (const { name } of tables) {
    await client.query(
      `create trigger seen after insert or update on ${name} for each row execute function seen.note()`,
    );
    if (name.startsWith('public.')) await client.query(`update ${name} set ${await anyColumn(client, name)}`);
  }
  const redisUrl = inject('redisUrl');
  const monitor = engine === 'redis' && redisUrl !== null ? await openMonitor(redisUrl) : undefined;
  return {
    /** Where something was written, and what. */
    async all(): Promise<[string, string][]> {
      if (monitor?.commands.length === 0) throw new Error('nothing was seen of Redis');
      const { rows } = await client.query<{ place: string; value: string }>(
        'select distinct place, value from seen.rows',
      );
      return [
        ...rows.map(({ place, value }): [string, string] => [place, value]),
        ...(monitor?.commands ?? []).map((command): [string, string] => ['redis', command]),
      ];
    },
    async close() {
      monitor?.close();
      await client.end();
    },
  };
};

/** An assignment that changes nothing. */
const anyColumn = async (client: pg.Client, name: string): Promise<string> => {
  const { rows } = await client.query<{ column_name: string }>(
    `select column_name from information_schema.columns where format('%I.%I', table_schema, table_name) = $1 limit 1`,
    [name],
  );
  return `"${rows[0]?.column_name}" = "${rows[0]?.column_name}"`;
};
