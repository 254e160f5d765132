import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const ps = (pid: number, column: string): string | undefined => {
  const { status, stdout } = spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
};

const answers = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/**
 * A name for a living process that no later process with the same number shares; undefined once it has ended. One that
 * has ended and was not yet collected by its parent (in a container there may be nobody to do it) counts as ended.
 */
export const identityOf = (pid: number): string | undefined => {
  if (process.platform === 'linux') {
    // The name of the program stands in brackets and may hold anything: what follows the last bracket can be trusted.
    const fields = read(`/proc/${pid}/stat`)?.replace(/^.*\)/s, '').trim().split(' ');
    if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = read('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? '';
    return `${pid}-${fields[19]}-${boot}`;
  }
  if (!answers(pid)) return undefined;
  if (process.platform === 'win32') return `${pid}`;
  const startedAt = ps(pid, 'lstart');
  return startedAt === undefined || ps(pid, 'stat')?.startsWith('Z')
    ? undefined
    : `${pid}-${startedAt.replace(/\W+/g, '-')}`;
};

export const lives = (identity: string): boolean => identityOf(Number.parseInt(identity, 10)) === identity;

/** Does this process work in that folder, as far as the system tells? PostgreSQL's main process never leaves its data. */
export const worksIn = (pid: number, folder: string): boolean => {
  if (process.platform === 'win32') return true;
  if (process.platform !== 'linux') return ps(pid, 'command')?.includes('postgres') ?? true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    // In a container root may not ask this of another user's process, but everybody may read its command line.
    return read(`/proc/${pid}/cmdline`)?.includes(folder) ?? true;
  }
};
