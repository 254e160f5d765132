import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

type Role = 'api' | 'worker' | 'sandbox';
type Line = Record<string, unknown> & { msg: string; level: string };

export type HubProcess = {
  name: string;
  /** Where it listens; empty for a worker. */
  url: string;
  /** What it has logged so far, and what it said on standard error. */
  lines: Line[];
  isRunning(): boolean;
  /** SIGKILL: no word of farewell. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: alive, and deaf to everything until it goes on. */
  pause(): void;
  goOn(): void;
  /** SIGTERM, then its exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
};

const hub = fileURLToPath(new URL('../../bin/hub.js', import.meta.url));
/** Dozens of processes start in these tests: what Node compiled for one serves the next. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/samtykkehub-tests', import.meta.url));

/** Nothing that was started here may outlive the tests, however they end. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const toLine = (text: string): Line => {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { level: 'said', msg: text };
  }
};

/**
 * `node bin/hub.js <role>`, as anybody would start it, with these settings and no others. Resolves when it says that it
 * is ready.
 *
 * @throws Error with what it said, when it ends before
 */
export const startProcess = async (role: Role, name: string, settings: NodeJS.ProcessEnv): Promise<HubProcess> => {
  const child = spawn(process.execPath, [hub, role], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const lines: Line[] = [];
  const gone = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const ready = new Promise<Line>((resolve) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = toLine(text);
      lines.push(line);
      if (line.msg === 'ready') resolve(line);
    });
  });
  createInterface(child.stderr).on('line', (text) => lines.push(toLine(text)));
  const first = await Promise.race([ready, gone]);
  if (typeof first !== 'object' || first === null)
    throw new Error(`${name} ended before it was ready:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return gone;
  };
  return {
    name,
    url: typeof first['url'] === 'string' ? first['url'] : '',
    lines,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: async () => void (await end('SIGKILL')),
    pause: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    stop: () => end('SIGTERM'),
  };
};

const shown = 60;

/** The end of what each said, for whoever reads why a test failed. */
export const told = (processes: readonly HubProcess[]): string =>
  processes
    .map(
      ({ name, lines, isRunning }) =>
        `── ${name} (${isRunning() ? 'running' : 'ended'}, the last ${Math.min(shown, lines.length)} of ${lines.length} lines)\n${lines
          .slice(-shown)
          .map((line) => JSON.stringify(line).slice(0, 500))
          .join('\n')}`,
    )
    .join('\n');
