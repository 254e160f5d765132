import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Stands before a server under an address of its own. Shut, it cuts every connection and refuses new ones, as when the
 * server behind it is gone.
 */
export const openGate = async (target: string) => {
  const behind = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: behind.hostname, port: Number(behind.port) });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as { port: number };
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  const shut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: url.href.replace(/\/$/, ''),
    shut,
    open: async () => {
      // The port may be somebody's client port for a moment.
      for (let tries = 0; tries < 50; tries += 1)
        try {
          return await listen(port);
        } catch {
          await delay(20);
        }
      throw new Error(`port ${port} was taken meanwhile`);
    },
    close: () => (server.listening ? shut() : Promise.resolve()),
  };
};
