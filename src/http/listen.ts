import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type Listener = { url: string; close(): Promise<void> };

/** The longest that a caller may have asked us to wait (20 s), and a little more. */
const closeWithinMs = 21_000;
/** Browsers and clients open connections ahead of need. Node counts none of them as idle before its first request. */
const firstByteWithinMs = 500;

const plainly = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new Error(`The address ${where} is taken by another process; choose another port`, { cause: error });
  if (error.code === 'EACCES')
    return new Error(`This user may not listen on ${where}; choose a port above 1023`, { cause: error });
  return new Error(`Cannot listen on ${where}: ${error.message}`, { cause: error });
};

/** A server of our own limits: slow senders and huge headers are cut off. */
export const listen = async (
  handler: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<Listener> => {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 5000,
    },
    handler,
  );
  server.maxRequestsPerSocket = 0;
  const openedAt = new Map<Socket, number>();
  server.on('connection', (socket) => {
    openedAt.set(socket, performance.now());
    socket.once('close', () => openedAt.delete(socket));
  });
  const closeUnused = () => {
    server.closeIdleConnections();
    for (const [socket, at] of openedAt)
      if (socket.bytesRead === 0 && performance.now() - at > firstByteWithinMs) socket.destroy();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(plainly(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  const { port: bound, family } = server.address() as AddressInfo;
  const reached =
    host === '0.0.0.0'
      ? '127.0.0.1'
      : host === '::'
        ? '[::1]'
        : family === 'IPv6' && host.includes(':')
          ? `[${host}]`
          : host;
  return {
    url: `http://${reached}:${bound}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A keep-alive connection that was busy when closing began becomes idle later.
      const sweep = setInterval(closeUnused, 50);
      const limit = setTimeout(() => server.closeAllConnections(), closeWithinMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(limit);
    },
  };
};
