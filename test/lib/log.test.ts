import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import { openEngine } from '../../src/queues/engine.ts';
import { startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const logged = (error: unknown, level: 'warn' | 'bare' = 'warn') => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  if (level === 'bare') log.warn(error as object, 'failed');
  else log.warn({ error }, 'failed');
  return { text: lines.join(''), line: JSON.parse(lines[0] ?? '{}') as Record<string, Record<string, unknown>> };
};

const failing = async (text: string, values: unknown[] = []): Promise<unknown> => {
  const client = new pg.Client({ connectionString: inject('adminUrl') });
  await client.connect();
  try {
    await client.query('create temporary table persons (name text, number text constraint one_each unique)');
    await client.query(`insert into persons values ('Kari Nordmann', 'secret-4711')`);
    return await client.query(text, values).catch((error: unknown) => error);
  } finally {
    await client.end();
  }
};

test('a database’s error is told by code, table and constraint, never with the row', async () => {
  const error = await failing(`insert into persons values ('Ola Nordmann', $1)`, ['secret-4711']);
  expect(error).toMatchObject({ detail: expect.stringContaining('secret-4711') });
  for (const how of ['warn', 'bare'] as const) {
    const { text, line } = logged(error, how);
    expect(line[how === 'bare' ? 'err' : 'error']).toMatchObject({
      type: 'error',
      code: '23505',
      table: 'persons',
      constraint: 'one_each',
      message: expect.stringContaining('one_each'),
      stack: expect.any(String),
    });
    expect(text).not.toContain('secret-4711');
    expect(text).not.toContain('Nordmann');
  }
});

test('the causes of an error are told in the same way, and no deeper than need be', async () => {
  const cause = await failing(`insert into persons values ('Ola Nordmann', $1)`, ['secret-4711']);
  const { text, line } = logged(new Error('not kept', { cause: new AggregateError([cause], 'twice', { cause }) }));
  expect(line['error']).toMatchObject({
    message: 'not kept',
    cause: { type: 'AggregateError', message: 'twice', cause: { code: '23505' }, errors: [{ code: '23505' }] },
  });
  expect(text).not.toContain('secret-4711');
  const endless = new Error('again');
  endless.cause = endless;
  expect(logged(endless).text.length).toBeLessThan(50_000);
});

test('what a library hangs on its errors stays out of the log, whatever it is called', () => {
  const hung = Object.fromEntries(
    ['detail', 'where', 'command', 'args', 'meta', 'input', 'query', 'parameters', 'anything'].map((name) => [
      name,
      'hunter2',
    ]),
  );
  expect(
    logged(Object.assign(new Error('failed'), hung, { cause: { ...hung, message: 'plain', code: 7 } })).line['error'],
  ).toEqual({
    type: 'Error',
    message: 'failed',
    stack: expect.any(String),
    cause: { type: 'object', message: 'plain', code: 7 },
  });
});

const whereRedisIs = inject('redisUrl') === null ? [] : ['Redis'];
test.each(whereRedisIs)('a password that %s refuses is in no log', async () => {
  const redis = await startRedis();
  if (!redis) throw new Error('Redis is gone');
  const wrong = `wrong-${randomBytes(8).toString('hex')}`;
  const lines: string[] = [];
  try {
    const admin = new Redis(redis.url);
    await admin.config('SET', 'requirepass', 'right');
    admin.disconnect();
    const url = new URL(redis.url);
    url.password = wrong;
    const log = openLog('debug', (line) => lines.push(line));
    const opening = openEngine({ redisUrl: url.href, databaseUrl: '', connections: 1, prefix: '{x}', log }).catch(
      (error: unknown) => log.error({ error }, 'not opened'),
    );
    await until('a line about the refusal', () => /WRONGPASS|NOAUTH|invalid/i.test(lines.join('')));
    await opening;
    expect(lines.join('')).not.toContain(wrong);
  } finally {
    await redis.stop();
  }
});

test('a line put together beforehand is written as it is, like the others, and only where its level is', () => {
  const lines: string[] = [];
  openLog('info', (line) => lines.push(line)).line('"route":"/v1/tokens","status":200', 'request');
  openLog('warn', (line) => lines.push(line)).line('"status":200', 'request');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', time: expect.any(Number), route: '/v1/tokens', status: 200, msg: 'request' },
  ]);
});
