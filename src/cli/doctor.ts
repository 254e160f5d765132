import { openDatabase } from '../compose.ts';
import { loadConfig } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { openEngine } from '../queues/engine.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { openStore } from '../store/open-store.ts';
import { orSay } from './stop-signals.ts';

type Finding = { what: string; ok: boolean; says: string };

const told = (findings: readonly Finding[]): number => {
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, ok, says } of findings) process.stdout.write(`${ok ? '✓' : '✗'} ${what.padEnd(width)}  ${says}\n`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
};

const reachable = async (what: string, url: string): Promise<Finding> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: 'manual' });
    return { what, ok: response.status < 500, says: `${url} answers ${response.status}` };
  } catch (error) {
    return { what, ok: false, says: `${url} does not answer (${error instanceof Error ? error.message : 'unknown'})` };
  }
};

const minutes = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;

/** What is wrong, in ten seconds: configuration, database and its budget, queues and what is stuck in them, the outside. */
export const doctor = (): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, 'command');
    const log = openLog('silent');
    const findings: Finding[] = [{ what: 'configuration', ok: true, says: config.environment }];
    const database = await openDatabase(config, log);
    try {
      const pending = await pendingMigrations(database.url);
      findings.push({
        what: 'migrations',
        ok: pending.length === 0,
        says: pending.length === 0 ? 'up to date' : `${pending.length} to apply: run hub migrate`,
      });
      const store = await openStore({
        url: database.url,
        directUrl: config.database.directUrl ?? database.url,
        connections: { tenant: 1, operator: 2, engine: 2 },
        production: config.production,
        log,
      });
      try {
        findings.push({ what: 'database', ok: true, says: 'reachable; roles and row policies are as they should be' });
        const now = new Date();
        for (const row of await store.asOperator((rows) => rows.outbox.count(now))) {
          // Work that is due for minutes means: no worker runs, the queue engine is away, or everything fails.
          const stuck = row.oldestDueSeconds > 120;
          const why = row.lastProblem ? `, last failure: ${row.lastProblem}` : '';
          findings.push({
            what: row.queue,
            ok: !stuck,
            says: `${row.owed} owed, ${row.due} due (oldest ${minutes(row.oldestDueSeconds)}), ${row.handedOut} handed out, ${row.failing} failing${why}`,
          });
        }
        const clients = await store.asOperator((rows) => rows.clients.list());
        const without = clients.filter(({ keys }) => !keys.some(({ state }) => state === 'active'));
        findings.push({
          what: 'clients',
          ok: clients.length > 0 && without.length === 0,
          says:
            clients.length === 0
              ? 'no Maskinporten client is registered'
              : `${clients.length} registered${without.length > 0 ? `; without a key: ${without.map(({ name }) => name).join(', ')}` : ''}`,
        });
      } finally {
        await store.close();
      }
      const engine = await openEngine({
        redisUrl: config.redisUrl,
        databaseUrl: database.url,
        connections: 2,
        prefix: config.queuePrefix,
        log,
      }).catch((error: unknown) => String(error));
      if (typeof engine === 'string') findings.push({ what: 'queue engine', ok: false, says: engine });
      else {
        findings.push({ what: 'queue engine', ok: true, says: `${engine.name} ${engine.version}` });
        await engine.close();
      }
    } finally {
      await database.close();
    }
    findings.push(await reachable('Maskinporten', `${config.issuer}.well-known/oauth-authorization-server`));
    findings.push(await reachable('Altinn 3', `${config.altinn3Url}resourceregistry/api/v1/resource/resourcelist`));
    return told(findings);
  });
