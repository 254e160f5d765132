import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Binaries, copyBinaries, linkInPlace } from './binaries.ts';
import { bases, belongsTo, newHome, openBase } from './homes.ts';
import type { ServerRecord } from './record.ts';

export type Account = { uid: number; gid: number };

/** Where a server runs from, where its data are, and as whom it runs: `as` is set when root starts it. */
export type Place = { bin: string; data: string; as?: Account };

/** PostgreSQL refuses to run as root. These accounts are tried; nearly every machine has one of them. */
const accounts = (): Account[] => {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return ['postgres', 'nobody', 'daemon'].flatMap((name) => {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    return uid && gid ? [{ uid: Number(uid), gid: Number(gid) }] : [];
  });
};

/** Undefined when they run; else what kept them from it. Tried, not guessed from modes: mounts and containers have a say. */
const complaintOf = ({ folder }: Binaries, as?: Account): string | undefined => {
  const { error, status, stderr } = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], {
    ...as,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
};

const cannotRun = (complaints: readonly string[]): Error =>
  new Error(
    `PostgreSQL's binaries do not run here. Set DATABASE_URL to a PostgreSQL 15 or later instead.\n${complaints.join('\n')}`,
  );

/** Copied to where every user can go: the checkout may lie in a folder that root alone may enter. */
const placeForRoot = async (
  directory: string,
  record: ServerRecord | undefined,
  binaries: Binaries,
): Promise<Place> => {
  const made =
    record !== undefined && existsSync(record.data) && belongsTo(record.data, directory) ? record.data : undefined;
  const owner = made === undefined ? undefined : statSync(made);
  const complaints: string[] = [];
  for (const base of bases()) {
    try {
      openBase(base);
      const copy = await copyBinaries(binaries, base);
      for (const as of owner ? [{ uid: owner.uid, gid: owner.gid }] : accounts()) {
        const complaint = complaintOf(copy, as);
        if (complaint === undefined)
          return { bin: join(copy.folder, 'bin'), data: made ?? (await newHome(base, directory)), as };
        complaints.push(`${copy.folder} as user ${as.uid}: ${complaint}`);
      }
    } catch (error) {
      complaints.push(`${base}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw cannotRun(complaints);
};

/** An ordinary user's data are in `.hub/`, and the binaries run from where npm put them. */
export const choosePlace = async (
  directory: string,
  record: ServerRecord | undefined,
  binaries: Binaries,
): Promise<Place> => {
  if (process.getuid?.() === 0) return placeForRoot(directory, record, binaries);
  const usable = (await linkInPlace(binaries)) ? binaries : await copyBinaries(binaries, directory);
  const complaint = complaintOf(usable);
  if (complaint !== undefined) throw cannotRun([complaint]);
  return { bin: join(usable.folder, 'bin'), data: join(directory, 'postgres') };
};
