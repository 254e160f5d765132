import { addressAt, listenOn, openProxy } from '../support/proxy.ts';

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
  const behind = new URL(databaseUrl);
  let dropping = drops;
  const { server, cut, stop } = openProxy(behind, (near, far) => {
    near.once('data', (startup: Buffer) => {
      far.write(dropping ? withoutOptions(startup) : startup);
      near.pipe(far);
      far.pipe(near);
    });
  });
  return {
    url: addressAt(behind, await listenOn(server)),
    /** All connections break, and new ones come without their options. */
    drop() {
      dropping = true;
      cut();
    },
    close: stop,
  };
};
