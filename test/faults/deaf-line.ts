import { connect, createServer, type Socket } from 'node:net';

/**
 * A line to PostgreSQL on which, from a moment on, nothing comes back: whoever listens there hears no more and cannot tell,
 * as when a network swallows packets.
 */
export const openDeafLine = async (databaseUrl: string) => {
  const behind = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isDeaf = false;
  let swallowed = 0;
  const server = createServer((near) => {
    const far = connect({ host: behind.hostname, port: Number(behind.port || 5432) });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      if (isDeaf) swallowed += bytes.length;
      else near.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: url.href,
    goDeaf: () => {
      isDeaf = true;
    },
    /** Bytes that never arrived. */
    swallowed: () => swallowed,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
