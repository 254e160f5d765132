import { createServer } from 'node:net';

/** Test files that run side by side pick each among ports of its own, and none is picked twice. */
const shares = 4;
const share = Number(process.env['VITEST_POOL_ID'] ?? 0) % shares;
const given = new Set<number>();

/** A port nobody has, below those that a hub's own PostgreSQL and outgoing connections take: nobody has it a moment later either. */
export const openPort = async (): Promise<number> => {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 2000) * shares + share;
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (!isFree || given.has(port)) continue;
    given.add(port);
    return port;
  }
};
