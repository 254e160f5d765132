import { connect, createServer, type Server, type Socket } from 'node:net';

export type Proxy = {
  server: Server;
  /** Every connection breaks, on both sides. */
  cut(): void;
  /** Cuts them, and takes no more. */
  stop(): Promise<void>;
};

/**
 * Stands before the server at that address, and connects each who comes to one of its own connections there. `join` says
 * what passes between the two; when one breaks, so does the other.
 */
export const openProxy = (target: URL, join: (near: Socket, far: Socket) => void): Proxy => {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port || 5432) });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    join(near, far);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    cut,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
};

/** Listens on this machine alone, on a port of its own unless one is named. @throws where that is taken */
export const listenOn = (server: Server, port = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });

/** The same address, at another port of this machine. */
export const addressAt = (target: URL, port: number): string => {
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  return url.href;
};
