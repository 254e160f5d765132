import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import type { Image } from './dockerfile.ts';

type Ready = { url?: string; metricsUrl?: string };

/** Root steps down to the image's user, as a container engine does; anybody else is an ordinary user already. */
const asUserOf = ({ user }: Image) => {
  const [uid, gid] = user.split(':').map(Number);
  return process.getuid?.() === 0 && uid !== undefined && gid !== undefined ? { uid, gid } : {};
};

const start = (image: Image, [command = '', ...words]: readonly string[], settings: Record<string, string>) => {
  const child = spawn(command, words, {
    ...asUserOf(image),
    cwd: join(image.root, image.workdir),
    // Nothing of the test's own environment: what is not set here would not be set there either.
    env: { PATH: image.path, ...image.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  const closed = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { child, closed, said: () => said };
};

/** Runs the image with these words after its entry point, until it ends by itself. */
export const runToEnd = (image: Image, words: readonly string[], settings: Record<string, string>) =>
  start(image, [...image.entrypoint, ...words], settings).closed;

/** The health check, as the engine runs it inside a container with this port. */
export const checkHealth = async (image: Image, metricsPort: string): Promise<number | null> =>
  (await start(image, image.healthcheck, { METRICS_PORT: metricsPort }).closed).code;

/** Runs a role until it says that it is ready. `stop` is what `docker stop` does: SIGTERM to the first process. */
export const runRole = async (image: Image, words: readonly string[], settings: Record<string, string>) => {
  const { child, closed, said } = start(image, [...image.entrypoint, ...words], settings);
  const ready = await until(
    `${words.join(' ')} to be ready`,
    () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said()}`);
      const line = said()
        .split('\n')
        .find((each) => each.includes('"msg":"ready"'));
      return line === undefined ? undefined : (JSON.parse(line) as Ready);
    },
    100_000,
  );
  const stop = () => {
    child.kill('SIGTERM');
    return closed;
  };
  return { ...ready, stop };
};
