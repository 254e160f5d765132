import { setTimeout as delay } from 'node:timers/promises';
import { addressAt, listenOn, openProxy } from '../support/proxy.ts';

/**
 * Stands before a server under an address of its own. Shut, it cuts every connection and refuses new ones, as when the
 * server behind it is gone.
 */
export const openGate = async (target: string) => {
  const behind = new URL(target);
  const { server, stop } = openProxy(behind, (near, far) => near.pipe(far).pipe(near));
  const port = await listenOn(server);
  return {
    url: addressAt(behind, port).replace(/\/$/, ''),
    shut: stop,
    open: async () => {
      // The port may be somebody's client port for a while.
      for (let tries = 0; tries < 1000; tries += 1)
        try {
          return await listenOn(server, port);
        } catch {
          await delay(20);
        }
      throw new Error(`port ${port} was taken meanwhile`);
    },
    close: () => (server.listening ? stop() : Promise.resolve()),
  };
};
