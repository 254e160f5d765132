import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from './homes.ts';
import type { Place } from './place.ts';
import type { ServerRecord } from './record.ts';

/** Nothing of the hub's own environment: it holds keys, and PGDATA and its like would mislead. macOS needs LC_ALL. */
export const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC' };

const run = (place: Place, program: string, args: readonly string[], input = ''): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(join(place.bin, program), args, {
      ...place.as,
      cwd: homeOf(place.data),
      env: serverEnvironment,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${program} failed (${signal ?? `code ${code}`})\n${said.trim().split('\n').slice(-12).join('\n')}`,
          ),
        );
    });
    child.stdin.on('error', () => {}); // it ended before it had read all: its exit code tells
    child.stdin.end(input);
  });

/** PostgreSQL without network or clients: one statement a line. */
const runSql = (place: Place, data: string, lines: readonly string[]): Promise<void> =>
  run(place, 'postgres', ['--single', '-D', data, '-c', 'exit_on_error=on', 'postgres'], `${lines.join(';\n')};\n`);

/** An ordinary login that owns its database, and the roles of the two doors, as a DBA would make them. */
const firstStatements = ({ hub }: ServerRecord['passwords']): string[] => [
  `CREATE ROLE hub LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '${hub}'`,
  'CREATE ROLE hub_tenant NOLOGIN NOINHERIT',
  'CREATE ROLE hub_operator NOLOGIN NOINHERIT',
  'GRANT hub_tenant, hub_operator TO hub WITH INHERIT FALSE, SET TRUE',
  'CREATE DATABASE hub OWNER hub',
];

/** Makes the data folder if it does not stand yet: under another name first, so that a crash leaves no half one. */
export const makeCluster = async (place: Place, passwords: ServerRecord['passwords']): Promise<void> => {
  const draft = `${place.data}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = `${place.data}.password`;
  try {
    writeFileSync(passwordFile, passwords.superuser, { mode: 0o600 });
    if (place.as) for (const made of [draft, passwordFile]) await chown(made, place.as.uid, place.as.gid);
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await run(place, 'initdb', [
      '-D',
      draft,
      ...locale,
      ...login,
      '--no-instructions',
      '--set',
      'timezone=UTC',
      '--set',
      'log_timezone=UTC',
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  await runSql(place, draft, firstStatements(passwords));
  await rename(draft, place.data);
};

/** For data whose passwords were lost. */
export const setPasswords = (place: Place, { hub, superuser }: ServerRecord['passwords']): Promise<void> =>
  runSql(place, place.data, [`ALTER ROLE hub PASSWORD '${hub}'`, `ALTER ROLE postgres PASSWORD '${superuser}'`]);

/** @throws Error when the data were made by another major version than the binaries are. */
export const checkVersion = (data: string, binariesVersion: string): void => {
  const file = join(data, 'PG_VERSION');
  const made = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  const major = binariesVersion.split('.')[0];
  if (made === major) return;
  throw new Error(
    `The data in ${data} are of PostgreSQL ${made ?? 'unknown'}, the binaries of ${major}. Dump them with the old version, or delete the folder .hub to begin anew.`,
  );
};
