import { spawn, spawnSync } from 'node:child_process';
import { openPort } from './open-port.ts';

export type RedisServer = {
  url: string;
  version: string;
  stop(): Promise<void>;
  /** Gone without a word, and back at the same address with nothing of what it held. */
  restart(): Promise<void>;
};

type Started = { port: number; stop(): Promise<void> };

const start = async (policy: string, wanted?: number): Promise<Started | undefined> => {
  const port = wanted ?? (await openPort());
  const settings = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    policy,
  ];
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] });
  const end = () => child.kill('SIGKILL'); // it has nothing to save
  process.once('exit', end);
  const ended = new Promise<false>((resolve) => child.once('close', () => resolve(false)));
  const ready = new Promise<true>((resolve) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept connections') && resolve(true));
  });
  const stop = async () => {
    process.off('exit', end);
    end();
    await ended;
  };
  return (await Promise.race([ready, ended])) ? { port, stop } : undefined;
};

/** A Redis that keeps nothing, and evicts nothing unless told; undefined when the machine has none. */
export const startRedis = async (policy = 'noeviction'): Promise<RedisServer | undefined> => {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    let redis = await start(policy); // not, when another took the port meanwhile
    if (!redis) continue;
    const { port } = redis;
    return {
      url: `redis://127.0.0.1:${port}`,
      version: /v=(\S+)/.exec(stdout)?.[1] ?? '',
      stop: async () => redis?.stop(),
      async restart() {
        await redis?.stop();
        redis = await start(policy, port);
        if (!redis) throw new Error('redis-server does not start again');
      },
    };
  }
  throw new Error('redis-server is here but does not start');
};
