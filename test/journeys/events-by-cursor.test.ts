import { expect } from 'vitest';
import { openEventStream } from '../support/event-stream.ts';
import { hubTest } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';

const day = 24 * 60 * 60 * 1000;
const invalid = { status: 422, body: { type: '/problems/cursor-invalid' } };

hubTest('a cursor leads on in the list and for the tenant it is of, and nowhere else', async (world) => {
  const { call, url, banks, webhook, receiver } = world;
  const ping = async (who: 'bank' | 'insurer', endpoint: string) =>
    expect((await call(who, 'POST', `/v1/webhook-endpoints/${endpoint}/test`)).status).toBe(202);
  const made = async (who: 'bank' | 'insurer') =>
    String((await call(who, 'POST', '/v1/webhook-endpoints', { url: `${receiver.url}/other` })).body['id']);
  const [second, foreign] = [await made('bank'), await made('insurer')];
  for (const [who, id] of [
    ['bank', webhook.id],
    ['bank', webhook.id],
    ['bank', second],
    ['bank', second],
    ['insurer', foreign],
  ] as const)
    await ping(who, id);

  const next = async (path: string, who: 'bank' | 'insurer' = 'bank') => {
    const { status, body } = await call(who, 'GET', path);
    expect(status, path).toBe(200);
    expect(body['next'], path).toMatch(/^[a-p]{20,}$/);
    return String(body['next']);
  };
  const deliveries = (id: string) => `/v1/webhook-endpoints/${id}/deliveries`;
  const cursors = {
    '/v1/events': await next('/v1/events?limit=1'),
    [deliveries(webhook.id)]: await next(`${deliveries(webhook.id)}?limit=1`),
    [deliveries(second)]: await next(`${deliveries(second)}?limit=1`),
    elsewhere: await next('/v1/events?limit=1', 'insurer'),
    'api keys': String((await call('bank', 'GET', '/v1/services?limit=1')).body['next'] ?? 'aa'),
  };
  const madeUp = ['', 'x', 'aa', 'ap'.repeat(20), 'abcdefghijklmnop'.repeat(4), '%00', 'czEy'];
  for (const path of ['/v1/events', deliveries(webhook.id), deliveries(second)]) {
    for (const [of, cursor] of Object.entries(cursors)) {
      const told = await call('bank', 'GET', `${path}?cursor=${cursor}`);
      if (of === path) expect(told.status).toBe(200);
      else expect(told, `${of} at ${path}`).toMatchObject(invalid);
    }
    for (const cursor of madeUp)
      expect(await call('bank', 'GET', `${path}?cursor=${cursor}`), cursor).toMatchObject(invalid);
    // One letter of a right one.
    const right = cursors[path] ?? '';
    const bent = `${right.slice(0, -1)}${right.endsWith('a') ? 'b' : 'a'}`;
    expect(await call('bank', 'GET', `${path}?cursor=${bent}`)).toMatchObject(invalid);
  }
  for (const lastEventId of [cursors.elsewhere, 'made-up', cursors[deliveries(second)] ?? ''])
    expect(await openEventStream(url, banks.bank.key, { lastEventId })).toMatchObject({
      status: 422,
      problem: { type: '/problems/cursor-invalid', errors: [{ field: 'Last-Event-ID' }] },
    });
  // Pages of one bring all, once and in order.
  const seen: unknown[] = [];
  for (let path = '/v1/events?limit=1'; ; ) {
    const { body } = await call('bank', 'GET', path);
    const items = body['items'] as { sequence: number }[];
    if (items.length === 0) break;
    seen.push(...items.map(({ sequence }) => sequence));
    path = `/v1/events?limit=1&cursor=${body['next']}`;
  }
  expect(seen).toEqual([1, 2, 3, 4]);

  // A database put back to an earlier day knows less than the cursor.
  const ahead = await next('/v1/events');
  await rowsOf(
    world,
    'alter table events disable trigger all; delete from events where sequence > 2; update tenant_counters set last_sequence = 2 where last_sequence > 2; alter table events enable trigger all',
    [],
  );
  expect(await call('bank', 'GET', `/v1/events?cursor=${ahead}`)).toMatchObject(invalid);
});

hubTest(
  'events that are old are dropped with their deliveries; an old cursor is told from where to go on',
  async (world) => {
    const { call, url, banks, webhook, sandbox, settled } = world;
    const ping = () => call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/test`);
    const list = async (cursor = '') => call('bank', 'GET', `/v1/events?limit=200${cursor && `&cursor=${cursor}`}`);
    const first = (await call('bank', 'GET', '/v1/events')).body['next'] as string;
    for (let turn = 0; turn < 3; turn++) await ping();
    const old = String((await list()).body['next']);
    await settled();
    await sandbox.advance(2 * day);
    await ping();
    const kept = (await list()).body['items'] as { sequence: number; id: string }[];
    await settled();

    await sandbox.advance(6 * day);
    const many = async () => ((await list()).body['items'] as unknown[]).length;
    await until('the old ones to be dropped', async () => (await many()) === 1);
    const rest = kept.slice(3);
    expect((await list()).body['items']).toEqual(rest);
    // Right behind the last that was dropped nothing is missing.
    expect((await list(old)).body['items']).toEqual(rest);
    const told = await list(first);
    expect(told).toMatchObject({
      status: 410,
      body: {
        type: '/problems/cursor-expired',
        errors: [{ field: 'cursor', code: 'cursor-expired' }],
        detail: expect.stringContaining('number 4'),
        link: expect.stringMatching(/\/v1\/events\?cursor=[a-p]+$/),
      },
    });
    const link = new URL(String(told.body['link']));
    expect((await call('bank', 'GET', `${link.pathname}${link.search}`)).body['items']).toEqual(rest);
    // For a stream the problem comes before it begins; from the link it goes on.
    expect(await openEventStream(url, banks.bank.key, { lastEventId: first })).toMatchObject({
      status: 410,
      problem: { type: '/problems/cursor-expired', errors: [{ field: 'Last-Event-ID' }] },
    });
    const stream = await openEventStream(url, banks.bank.key, { cursor: link.searchParams.get('cursor') ?? '' });
    expect((await stream.got(1)).map(({ event }) => event)).toEqual(rest);
    stream.close();
    await stream.ended;
    const deliveries = await call('bank', 'GET', `/v1/webhook-endpoints/${webhook.id}/deliveries`);
    expect(deliveries.body).toMatchObject({ items: [{ event: { sequence: 4 } }], next: null });

    await sandbox.advance(8 * day);
    await until('all to be dropped', async () => (await many()) === 0);
    const end = String((await list()).body['next']);
    await ping();
    expect((await list(end)).body['items']).toMatchObject([{ sequence: 5 }]);
  },
  { HUB_EVENT_RETENTION_DAYS: '7' },
);
