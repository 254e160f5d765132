import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomIds } from '../../src/lib/ids.ts';
import type { OpenStore } from '../../src/store/open-store.ts';
import { until } from '../support/until.ts';
import { type GivenStore, givenStore, givenTenant, later, now, openGiven } from './given-store.ts';

let store: GivenStore;
let other: OpenStore;
let operator: pg.Client;
beforeAll(async () => {
  store = await givenStore();
  other = await openGiven(store.database.url);
  operator = new pg.Client({ connectionString: store.database.url, options: '-c role=hub_operator' });
  await operator.connect();
});
afterAll(async () => {
  await operator.end();
  await other.close();
  await store.close();
});

const day = 24 * 60 * 60 * 1000;
const ping = () => ({ id: randomIds.uuid(), type: 'ping', data: { endpoint: 'none' } }) as const;
const append = (tenantId: string, many: number, at = now, { asTenant }: Pick<OpenStore, 'asTenant'> = store) =>
  asTenant(tenantId, (rows) => rows.events.append(Array.from({ length: many }, ping), at));
const drop = (tenantId: string, before: Date, at: Date, most = 1000) =>
  store.asOperator((rows) => rows.oldEvents.drop(tenantId, before, at, most));
const numbers = async (tenantId: string, after = 0, most = 1000) =>
  (await store.readEvents(tenantId, after, most)).items.map(({ sequence }) => sequence);
const count = async (table: string, tenantId: string) =>
  Number((await operator.query(`select count(*) from ${table} where tenant_id = $1`, [tenantId])).rows[0].count);

test('however many write at once, whoever goes on asking sees every event once, in order and without a gap', async () => {
  const tenantId = await givenTenant(store);
  const perWriter = 25;
  let written = 0;
  let isOver = false;
  const write = async (writer: number) => {
    for (let turn = 0; turn < perWriter; turn++) {
      const many = 1 + ((writer + turn) % 3);
      const door = writer % 2 === 0 ? store : other;
      if (turn % 5 === 4) {
        // Numbered, and then not so: its numbers go to others.
        const failed = door.asTenant(tenantId, async (rows) => {
          await rows.events.append(Array.from({ length: many }, ping), now);
          throw new Error('changed its mind');
        });
        await expect(failed).rejects.toThrow('changed its mind');
      } else {
        await append(tenantId, many, now, door);
        written += many;
      }
    }
  };
  const seen: number[] = [];
  const read = async (door: Pick<OpenStore, 'readEvents'>, most: number, told: number[]) => {
    for (let ended = false; ; ended = isOver) {
      const { items, newest } = await door.readEvents(tenantId, told.length, most);
      told.push(...items.map(({ sequence }) => sequence));
      expect(newest).toBeGreaterThanOrEqual(told.length);
      if (ended && items.length === 0) return;
    }
  };
  const alsoSeen: number[] = [];
  const readers = Promise.all([read(store, 7, seen), read(other, 100, alsoSeen)]);
  await Promise.all(Array.from({ length: 12 }, (_, writer) => write(writer)));
  isOver = true;
  await readers;
  const all = Array.from({ length: written }, (_, place) => place + 1);
  expect(seen).toEqual(all);
  expect(alsoSeen).toEqual(all);
});

test('a page says in one moment what there is after a number, and from where to where events are kept', async () => {
  const tenantId = await givenTenant(store);
  expect(await store.readEvents(tenantId, 0, 10)).toEqual({ oldest: 1, newest: 0, items: [] });
  await append(tenantId, 5);
  expect(await store.readEvents(tenantId, 3, 0)).toEqual({ oldest: 1, newest: 5, items: [] });
  const { items } = await store.readEvents(tenantId, 3, 10);
  expect(items).toMatchObject([
    { sequence: 4, type: 'ping', timestamp: now.toISOString(), data: { endpoint: 'none' } },
    { sequence: 5 },
  ]);
  expect(await store.readEvents(await givenTenant(store), 3, 10)).toEqual({ oldest: 1, newest: 0, items: [] });
});

test('old events go from the oldest end, a bite at a time, with their deliveries, tries and what is owed', async () => {
  const [tenantId, neighbour] = [await givenTenant(store), await givenTenant(store)];
  for (const id of [tenantId, neighbour]) {
    await store.asTenant(id, (rows) =>
      rows.endpoints.add({
        id: randomUUID(),
        url: 'https://a.example',
        events: [],
        status: 'enabled',
        health: { failuresInARow: 0, pending: 0, held: 0 },
        signing: 'v1',
        secret: Buffer.from('x'),
        createdAt: now,
        updatedAt: now,
      }),
    );
    await append(id, 6);
    await append(id, 2, later(9 * day));
  }
  await operator.query(
    `insert into webhook_attempts (tenant_id, delivery_id, number, at, duration_ms)
     select tenant_id, id, 1, $2, 1 from webhook_deliveries where tenant_id = $1`,
    [tenantId, now],
  );

  const at = later(11 * day);
  const before = later(2 * day);
  expect(await store.asOperator((of) => of.oldEvents.tenants(before))).toEqual(
    expect.arrayContaining([tenantId, neighbour]),
  );
  expect(await drop(tenantId, before, at, 4)).toEqual({ events: 4, webhook_deliveries: 4, webhook_attempts: 4 });
  expect(await numbers(tenantId)).toEqual([5, 6, 7, 8]);
  expect(await drop(tenantId, before, at, 4)).toEqual({ events: 2, webhook_deliveries: 2, webhook_attempts: 2 });
  expect(await drop(tenantId, before, at, 4)).toEqual({ events: 0, webhook_deliveries: 0, webhook_attempts: 0 });
  expect(await store.readEvents(tenantId, 0, 10)).toMatchObject({ oldest: 7, newest: 8, items: [{ sequence: 7 }, {}] });
  for (const table of ['webhook_deliveries', 'webhook_attempts', 'outbox'])
    expect(await count(table, tenantId), table).toBe(2);
  for (const table of ['events', 'webhook_deliveries', 'outbox']) expect(await count(table, neighbour), table).toBe(8);
  expect(await store.asOperator((of) => of.oldEvents.tenants(before))).not.toContain(tenantId);

  // All of them, and numbers go on where they were.
  await drop(tenantId, later(10 * day), later(20 * day));
  expect(await store.readEvents(tenantId, 0, 10)).toEqual({ oldest: 9, newest: 8, items: [] });
  await append(tenantId, 1);
  expect(await numbers(tenantId)).toEqual([9]);
});

test('what a clock that was set back has dated too early waits for the younger one before it', async () => {
  const tenantId = await givenTenant(store);
  await append(tenantId, 1);
  await append(tenantId, 1, later(5 * day));
  await append(tenantId, 1);
  expect(await drop(tenantId, later(day), later(30 * day))).toMatchObject({ events: 1 });
  expect(await numbers(tenantId)).toEqual([2, 3]);
});

test('nobody makes a hole: not the young, not from the middle, not by hand, not by the tenants’ door', async () => {
  const tenantId = await givenTenant(store);
  await append(tenantId, 4);
  const remove = 'delete from events where tenant_id = $1 and sequence';
  await expect(drop(tenantId, later(day), later(5 * day))).rejects.toThrow(/seven days/);
  await expect(operator.query(`${remove} = 1`, [tenantId])).rejects.toThrow(/drop_events alone/);
  await operator.query('begin');
  await operator.query(`select set_config('hub.events_before', '2999-01-01', true)`);
  await expect(operator.query(`${remove} in (2, 3)`, [tenantId])).rejects.toThrow(/not the oldest/);
  await operator.query('rollback');
  await operator.query('begin');
  await operator.query(`select set_config('hub.events_before', $1, true)`, [later(-day).toISOString()]);
  await expect(operator.query(`${remove} = 1`, [tenantId])).rejects.toThrow(/too young/);
  await operator.query('rollback');
  const door = new pg.Client({ connectionString: store.database.url, options: '-c role=hub_tenant' });
  await door.connect();
  try {
    await door.query('begin');
    await door.query(`select set_config('hub.tenant', $1, true)`, [tenantId]);
    for (const change of ['update tenant_counters set first_sequence = 3', 'delete from events']) {
      await door.query('savepoint s');
      await expect(door.query(change)).rejects.toThrow(/permission denied/);
      await door.query('rollback to s');
    }
    await door.query('rollback');
  } finally {
    await door.end();
  }
  expect(await numbers(tenantId)).toEqual([1, 2, 3, 4]);
});

test('a reader beside those who drop sees a gap for what it is, and writers go on', async () => {
  const tenantId = await givenTenant(store);
  await append(tenantId, 40);
  let isOver = false;
  const dropping = (async () => {
    while ((await drop(tenantId, later(day), later(30 * day), 3)).events > 0);
    isOver = true;
  })();
  const writing = (async () => {
    for (let turn = 0; turn < 10; turn++) await append(tenantId, 1, later(20 * day));
  })();
  await until('all to have gone', async () => {
    const { oldest, newest, items } = await store.readEvents(tenantId, 0, 100);
    // What is told to be kept is there, all of it.
    expect(items.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: newest - oldest + 1 }, (_, place) => oldest + place),
    );
    return isOver;
  });
  await Promise.all([dropping, writing]);
  expect(await numbers(tenantId)).toEqual(Array.from({ length: 10 }, (_, place) => 41 + place));
});

test('keys in force are those that are neither revoked nor expired, of tenants at work', async () => {
  const tenantId = await givenTenant(store);
  const add = async (more: object = {}) => {
    const keyId = randomIds.uuid();
    const key = {
      id: keyId,
      name: 'app',
      kind: 'secret' as const,
      prefix: 'hub_t_abc',
      scopes: [],
      createdBy: 'x',
      createdAt: now,
      ...more,
    };
    await store.asTenant(tenantId, (rows) => rows.apiKeys.add(key, Buffer.from(keyId), 100));
    return { tenantId, keyId };
  };
  const [good, ends, revoked] = [await add(), await add({ expiresAt: later(1000) }), await add()];
  await store.asTenant(tenantId, (rows) => rows.apiKeys.revoke(revoked.keyId, now));
  const stranger = { tenantId, keyId: randomUUID() };
  const inForce = async (at: Date) => [...(await store.keysInForce([good, ends, revoked, stranger], at))].sort();
  expect(await inForce(later(999))).toEqual([good.keyId, ends.keyId].sort());
  expect(await inForce(later(1000))).toEqual([good.keyId]);
  const tenant = await store.asTenant(tenantId, (rows) => rows.tenant());
  await store.asOperator((rows) => rows.tenants.save({ ...tenant, status: 'suspended' }));
  expect(await inForce(now)).toEqual([]);
});
