import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Started = { ready: Record<string, string>; stop(): Promise<void> };

/** A process of its own, its log in a file as in production. Ready when it says so. */
export const startProcess = async (
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
): Promise<Started> => {
  const logFile = join(directory, `${name}.log`);
  const out = openSync(logFile, 'w');
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  try {
    const ready = await until(`${name} to be ready`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
      const line = readFileSync(logFile, 'utf8')
        .split('\n')
        .find((each) => each.includes('"msg":"ready"') && each.endsWith('}'));
      return line !== undefined && (JSON.parse(line) as Record<string, string>);
    });
    return { ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

export const startHub = (
  role: string,
  env: NodeJS.ProcessEnv,
  directory: string,
  name: string = role,
): Promise<Started> => startProcess(name, ['bin/hub.js', role], env, directory);
