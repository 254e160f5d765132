import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Startup parameters as PostgreSQL has them on the wire: names and values, each ended by a zero. */
const withoutOptions = (startup: Buffer): Buffer => {
  const words = startup.subarray(8).toString('latin1').split('\0');
  const kept: string[] = [];
  for (let at = 0; words[at]; at += 2) if (words[at] !== 'options') kept.push(words[at] ?? '', words[at + 1] ?? '');
  const body = Buffer.from(`${kept.map((word) => `${word}\0`).join('')}\0`, 'latin1');
  const head = Buffer.from(startup.subarray(0, 8));
  head.writeUInt32BE(8 + body.length);
  return Buffer.concat([head, body]);
};

/** Stands before a PostgreSQL as a pooler does; from `drop` on it keeps the startup parameter `options` to itself. */
export const openPooler = async (databaseUrl: string, drops: boolean) => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let dropping = drops;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.once('data', (startup: Buffer) => {
      far.write(dropping ? withoutOptions(startup) : startup);
      near.pipe(far);
      far.pipe(near);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /** All connections break, and new ones come without their options. */
    drop() {
      dropping = true;
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
