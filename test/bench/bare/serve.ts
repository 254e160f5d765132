import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** On any free port of this machine; says where, and stops when told to. */
export const serve = (server: Server): void => {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ msg: 'ready', url: `http://127.0.0.1:${port}` })}\n`);
  });
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
};
