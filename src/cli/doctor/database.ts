import { X509Certificate } from 'node:crypto';
import type { Config } from '../../config.ts';
import { type LivingKey, signsByCertificate } from '../../domain/client-keys.ts';
import { type ClientWarning, clientWarnings } from '../../domain/client-scopes.ts';
import { isAwaited, keyWarnings } from '../../domain/key-warnings.ts';
import {
  type ClientSeen,
  type Contents,
  lateSeconds,
  listeners,
  lookOver,
  type Overview,
  tryLogin,
  type WorkOwed,
} from '../../store/look-over.ts';
import { pendingMigrations } from '../../store/migrate.ts';
import { feedFindings } from './feeds.ts';
import { count, type Finding, isOurs, note, ok, span, toldOf, whyOf, wrong } from './finding.ts';
import { leavingFindings } from './leaving.ts';
import { webhookFindings } from './webhooks.ts';

const day = 24 * 60 * 60 * 1000;

const connections = ({ use, sessions }: Overview, { database }: Config): Finding => {
  const budget = database.connections;
  const listening = listeners({ sessions });
  const doors = Object.entries(sessions)
    .filter(([name]) => name.startsWith('samtykkehub '))
    .map(([name, many]) => `${name.replace(/^samtykkehub (hub_)?/, '')} ${many}`);
  const says = `${use.inUse} of ${use.most} in use${doors.length > 0 ? `; the hub’s: ${doors.join(', ')}` : ''}; budget ${budget} a process`;
  const next = `raise ${use.limit}, run fewer processes or lower HUB_DATABASE_CONNECTIONS`;
  if (use.free < 3) return wrong('connections', says, next);
  if (listening * budget > use.most)
    return wrong('connections', `${says}; ${listening} processes may take ${listening * budget}`, next);
  return ok('connections', says);
};

const processes = ({ sessions, lockWaits, contents }: Overview): Finding[] => {
  const listening = listeners({ sessions });
  const isOwed = contents?.work.some(({ due, pastLease }) => due + pastLease > 0) === true;
  const says = `${listening === 0 ? 'none' : listening} connected and listening for notices`;
  const found =
    listening > 0
      ? ok('processes', says)
      : isOwed
        ? wrong(
            'processes',
            `${says}, and work is due`,
            'start `hub worker` (and `hub api`), or look why they do not come up',
          )
        : note('processes', says, 'start `hub api` and `hub worker`, if they should be running');
  const waits = lockWaits.longestSeconds > 5;
  return waits
    ? [
        found,
        wrong(
          'locks',
          `${count(lockWaits.many, 'statement waits', 'statements wait')} for a lock, the longest for ${span(lockWaits.longestSeconds)}`,
          'see pg_blocking_pids() in pg_stat_activity for who holds it',
        ),
      ]
    : [found];
};

const work = (
  { job, owed, due, oldestDueSeconds, handedOut, pastLease, failing, lastProblem }: WorkOwed,
  isAnyoneThere: boolean,
): Finding => {
  const says = [
    `${owed} owed`,
    `${due} due`,
    ...(oldestDueSeconds > 0 ? [`oldest due for ${span(oldestDueSeconds)}`] : []),
    `${handedOut} handed out`,
    ...(pastLease > 0 ? [`${pastLease} past the lease`] : []),
    ...(failing > 0 ? [`${failing} failing`] : []),
  ].join(', ');
  if (pastLease > 0 && oldestDueSeconds > lateSeconds)
    return wrong(
      job,
      `${says}${whyOf(lastProblem)}`,
      'handed out and never finished: a worker ended or hangs at it; see the log for this job, and whether workers and queue engine are up',
    );
  if (due > 0 && oldestDueSeconds > lateSeconds)
    return wrong(
      job,
      `${says}${whyOf(lastProblem)}`,
      handedOut > 0 && isAnyoneThere
        ? 'workers take it, and are behind: start more `hub worker`; hub_job_seconds on /metrics says how long each takes'
        : 'nobody takes it: is a worker running, and does it reach the queue engine?',
    );
  if (failing > 0 && isOurs(lastProblem))
    return wrong(
      job,
      `${says}${whyOf(lastProblem)}`,
      `the operator must act: ${toldOf(lastProblem)}; the log of ${job} has more`,
    );
  if (failing > 0)
    return note(
      job,
      `${says}${whyOf(lastProblem)}`,
      lastProblem === 'altinn-refused'
        ? 'tried again by itself; where these are of Altinn 2 its API key may be refused: hub doctor --tenant <orgno> tries it'
        : `tried again by itself; the log has each failure of ${job}`,
    );
  return ok(job, says);
};

const blocked = (rows: Contents['blocked']): Finding[] => {
  const hint = {
    us: 'a fault of the hub: see the log',
  };
  if (rows.length === 0) return [ok('blocked', 'no consent waits for somebody outside')];
  return rows.map(({ mover, code, consents, tenants }) => {
    const says = `${count(consents, 'consent')} of ${count(tenants, 'tenant')}: ${code} (${mover} must act)`;
    return mover === 'operator' || mover === 'us'
      ? wrong('blocked', says, mover === 'us' ? hint.us : `the operator must act: ${toldOf(code)}`)
      : note('blocked', says, '`hub readiness` names them, whose move it is and where');
  });
};

/** Has one that signs less than seven days left, and no other that lasts? */
const isSoon = ({ keys }: ClientSeen, now: Date): boolean => {
  const signing = keys.filter(({ state }) => state === 'active');
  const lasts = ({ expiresAt }: LivingKey) => !expiresAt || expiresAt.getTime() - now.getTime() > 7 * day;
  return signing.length > 0 && !signing.some(lasts);
};

/** What is told in other rows here: a client without a key, and the ends of certificates. */
const keyFindings = ({ clients: rows }: Contents, now: Date): Finding[] => {
  const nexts: Partial<Record<ClientWarning['code'], string>> = {
    'client-stopped': 'mend it at Maskinporten; then POST …/maskinporten-clients/{id}/probe looks at once',
    'key-unusable': 'DELETE …/keys/{keyId}, then POST …/maskinporten-clients/{id}/keys with one that can be used',
    // Seven days before its end somebody is woken up by it (HubKeyEndsSoon): nothing to be found in passing.
    'key-expiring':
      'POST …/maskinporten-clients/{id}/rotate-key, or POST …/keys and register it; `hub doctor --client <name>` says how far one is',
    'key-expired': 'register it anew and PATCH …/keys/{keyId}, or POST …/maskinporten-clients/{id}/keys',
  };
  const told = ({ expiresAt, ...key }: ClientSeen['keys'][number]) =>
    expiresAt === undefined || signsByCertificate(key) ? key : { ...key, expiresAt };
  return rows.flatMap((client) =>
    keyWarnings({ ...client, keys: client.keys.map(told) }, now)
      .filter(({ code }) => code !== 'no-key')
      .map(({ code, detail }) => {
        const next = nexts[code];
        const says = `${client.name}: ${detail}`;
        return next === undefined || (code === 'key-expiring' && !isSoon(client, now))
          ? note('client keys', says, next)
          : wrong('client keys', says, next);
      }),
  );
};

const clients = ({ clients: rows, dataScopes, lives }: Contents, { consentScope }: Config): Finding[] => {
  const register = 'POST /operator/v1/maskinporten-clients';
  if (rows.length === 0) return [wrong('clients', 'no Maskinporten client is registered', register)];
  const by = (purpose: string) => rows.filter((row) => row.purpose === purpose);
  const says = ['consents', 'data', 'admin'].map((purpose) => `${purpose} ${by(purpose).length}`).join(', ');
  const keyless = rows.filter(({ activeKeys }) => activeKeys === 0);
  const add = 'POST …/maskinporten-clients/{id}/keys';
  const mixed = rows.flatMap((client) =>
    clientWarnings(client, { consentScope, dataScopes, lives }).map(({ code, detail }) =>
      note(
        'client scopes',
        `${client.name}: ${detail}`,
        code === 'scopes-mixed' ? 'PATCH …/maskinporten-clients/{id}, and the same at Maskinporten' : undefined,
      ),
    ),
  );
  const lacking = dataScopes.filter((scope) => !by('data').some(({ scopes }) => scopes.includes(scope)));
  return [
    by('consents').length === 0 ? wrong('clients', `${says}: none for consents`, register) : ok('clients', says),
    ...(keyless.length > 0
      ? [
          wrong(
            'client keys',
            `without an active key: ${keyless.map(({ name }) => name).join(', ')}`,
            keyless.some(({ keys }) => keys.some(isAwaited))
              ? `is a worker running that has HUB_KEYSTORE_PRIVATE_KEYS? else ${add}`
              : add,
          ),
        ]
      : []),
    ...mixed,
    ...(lacking.length > 0
      ? [wrong('data scopes', `no client for data holds ${lacking.join(', ')}`, `${register}, with purpose data`)]
      : []),
  ];
};

const endings = ({ clients: rows, ending }: Contents, now: Date): Finding[] => {
  const certificates = rows.flatMap(({ name, keys }) =>
    keys
      .filter((key) => key.state === 'active' && signsByCertificate(key))
      .flatMap(({ certificate }) => certificate ?? [])
      .map((base64) => ({
        kind: 'certificate of client',
        name,
        expiresAt: new Date(new X509Certificate(Buffer.from(base64, 'base64')).validTo),
      })),
  );
  const near = [...ending, ...certificates]
    .map((one) => ({ ...one, leftMs: one.expiresAt.getTime() - now.getTime() }))
    .filter(({ leftMs }) => leftMs < 30 * day)
    .map(({ kind, name, expiresAt, leftMs }) => {
      const says = `${kind} “${name}” ${leftMs < 0 ? 'ended' : 'ends'} ${expiresAt.toISOString().slice(0, 10)}`;
      return kind === 'API key' || leftMs > 7 * day
        ? note('keys', says)
        : wrong('keys', says, 'make a new one and let it take over');
    });
  return near.length > 0 ? near : [ok('keys', 'no API key, operator key or certificate ends within thirty days')];
};

const migrations = async (url: string): Promise<Finding> => {
  const pending = await pendingMigrations(url);
  return pending.length === 0
    ? ok('migrations', 'up to date')
    : wrong('migrations', `${pending.length} to apply: ${pending.join(', ')}`, 'run `hub migrate`');
};

/** Everything that can be seen through one connection to the database. */
export const examineDatabase = async (
  url: string,
  config: Config,
  now: Date,
): Promise<{ findings: Finding[]; isReadable: boolean; hasQueues: boolean; aheadMs: number }> => {
  const overview = await lookOver(url, now, config.production);
  const { version, faults, contents, hasQueues, aheadMs } = overview;
  const isAnyoneThere = listeners(overview) > 0;
  const findings = [
    Number.parseInt(version, 10) >= 15
      ? ok('database', `PostgreSQL ${version}`)
      : wrong('database', `PostgreSQL ${version}`, 'the hub needs PostgreSQL 15 or later'),
    await migrations(url),
    ...(faults.length > 0
      ? [wrong('row policies', faults.join('\n'), 'the hub does not start so: run `hub migrate`, or mend the roles')]
      : contents
        ? [ok('row policies', 'on and forced on every tenant’s table; both roles can be taken')]
        : []),
    connections(overview, config),
    ...processes(overview),
    ...(contents
      ? [
          ...(contents.work.length === 0
            ? [ok('outbox', 'nothing is owed')]
            : contents.work.map((row) => work(row, isAnyoneThere))),
          ...blocked(contents.blocked),
          ...leavingFindings(contents.leaving),
          ...feedFindings(contents.feeds),
          ...webhookFindings(contents.webhooks, now),
          ...clients(contents, config),
          ...keyFindings(contents, now),
          ...endings(contents, now),
        ]
      : []),
  ];
  return { findings, isReadable: contents !== undefined, hasQueues, aheadMs };
};

/** The address for LISTEN and migrations, where the other one is a pooler's. */
export const examineDirect = async ({ database }: Config): Promise<Finding[]> => {
  if (database.directUrl === undefined) return [];
  await tryLogin(database.directUrl);
  return [ok('direct address', 'DATABASE_DIRECT_URL lets the hub in')];
};
