import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export type RedisServer = { url: string; version: string; stop(): Promise<void> };

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

const start = async (policy: string): Promise<{ port: number; stop(): Promise<void> } | undefined> => {
  const port = await freePort();
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
    const redis = await start(policy); // not, when another took the port meanwhile
    if (redis)
      return { url: `redis://127.0.0.1:${redis.port}`, version: /v=(\S+)/.exec(stdout)?.[1] ?? '', stop: redis.stop };
  }
  throw new Error('redis-server is here but does not start');
};
