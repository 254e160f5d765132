import { addressAt, listenOn, openProxy } from '../support/proxy.ts';

/**
 * A line to PostgreSQL on which, from a moment on, nothing comes back: whoever listens there hears no more and cannot tell,
 * as when a network swallows packets.
 */
export const openDeafLine = async (databaseUrl: string) => {
  const behind = new URL(databaseUrl);
  let isDeaf = false;
  let swallowed = 0;
  const { server, stop } = openProxy(behind, (near, far) => {
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      if (isDeaf) swallowed += bytes.length;
      else near.write(bytes);
    });
  });
  return {
    url: addressAt(behind, await listenOn(server)),
    goDeaf: () => {
      isDeaf = true;
    },
    /** Bytes that never arrived. */
    swallowed: () => swallowed,
    close: stop,
  };
};
