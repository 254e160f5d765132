import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { discardEmbeddedPostgres, type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { silentLog } from '../../src/lib/log.ts';

/** A server of the test's own, that it may stop and start. */
export const openServer = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hub-database-'));
  const start = () => startEmbeddedPostgres({ directory, log: silentLog, settings: { fsync: 'off' } });
  let server: EmbeddedPostgres = await start();
  const first = server.url;
  const adminUrl = new URL(server.adminUrl);
  adminUrl.pathname = new URL(first).pathname;
  return {
    place: {
      url: first,
      adminUrl: adminUrl.href,
      async drop() {
        await server.stop();
        await discardEmbeddedPostgres(directory);
        await rm(directory, { recursive: true, force: true });
      },
    },
    stop: () => server.stop(),
    async start() {
      server = await start();
      expect(server.url).toBe(first);
    },
  };
};

export type OwnServer = Awaited<ReturnType<typeof openServer>>;
