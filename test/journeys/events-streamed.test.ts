import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { until } from '../support/until.ts';
import { type TwoApis, twoApisTest } from './two-apis.ts';

/** Promised: a stream outlives its key by no more. */
const endsWithinMs = 5000;

const listed = async ({ call }: TwoApis, cursor?: unknown) =>
  (await call('bank', 'GET', `/v1/events?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`)).body as {
    items: { id: string; sequence: number }[];
    next: string;
  };

twoApisTest(
  'what a worker writes comes in the streams of every API, the same as by list and webhook',
  async (world) => {
    const { url, otherUrl, banks, receiver, follow } = world;
    const here = await follow(url, banks.bank.key);
    const there = await follow(otherUrl, banks.bank.key);
    const stranger = await follow(otherUrl, banks.insurer.key);
    expect(here).toMatchObject({ status: 200 });
    expect(Object.fromEntries(here.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const { id, approvalUrl } = await world.ask('bank');
    await world.answer(approvalUrl, 'accept');
    await world.becomes('bank', id, 'accepted');
    const { items } = await listed(world);
    expect(items.length).toBeGreaterThanOrEqual(2);
    for (const stream of [here, there]) {
      const events = await stream.got(items.length);
      expect(events.map(({ event }) => event)).toEqual(items);
      for (const { type, event } of events) expect(type).toBe(event.type);
      expect(stream.retryMs()).toBeGreaterThan(0);
    }
    expect(here.events.map(({ lastId }) => lastId)).toEqual(there.events.map(({ lastId }) => lastId));
    const hook = await receiver.got('consent.accepted', id);
    expect(JSON.parse(hook.body)).toEqual(items.find((event) => event.id === hook.event.id));
    expect(stranger.events).toEqual([]);
    // A cursor is a cursor: what the stream told, the list takes, and the other way about.
    const afterFirst = here.events[0]?.lastId;
    expect((await listed(world, afterFirst)).items).toEqual(items.slice(1));
    const { next } = await listed(world);
    const fromEnd = await follow(url, banks.bank.key, { cursor: next });
    await world.ping();
    expect((await fromEnd.got(1))[0]?.event).toMatchObject({ type: 'ping', sequence: items.length + 1 });
  },
);

twoApisTest('whoever comes back with Last-Event-ID misses nothing and reads nothing twice', async (world) => {
  const { url, otherUrl, banks, follow } = world;
  // More than a page of them before it begins, and some while it is cut off again and again.
  const { next } = await listed(world);
  await world.ping(30);
  const seen: number[] = [];
  let lastEventId = next;
  for (const api of [url, otherUrl, otherUrl, url]) {
    // The query is that of the first time, as with every client that comes back: the header counts.
    const stream = await follow(api, banks.bank.key, { lastEventId, cursor: next });
    await world.ping(2);
    // Closed wherever it happens to be.
    await stream.got(1);
    stream.close();
    await stream.ended;
    seen.push(...stream.events.map(({ event }) => event.sequence));
    lastEventId = stream.lastId();
  }
  const last = await follow(otherUrl, banks.bank.key, { lastEventId });
  await until('all to be read', () => seen.length + last.events.length === 38);
  seen.push(...last.events.map(({ event }) => event.sequence));
  expect(seen).toEqual(Array.from({ length: 38 }, (_, place) => place + 1));
});

twoApisTest('whoever is cut off before the first event goes on from where the stream began', async (world) => {
  const { url, otherUrl, banks, follow } = world;
  await world.ping(2);
  const first = await follow(url, banks.bank.key);
  const lastEventId = await until('its first id', () => first.lastId() || undefined);
  first.close();
  await first.ended;
  expect(first.events).toEqual([]);
  await world.ping();
  const second = await follow(otherUrl, banks.bank.key, { lastEventId });
  expect((await second.got(1)).map(({ event }) => event.sequence)).toEqual([3]);
});

twoApisTest(
  'streams end when their key is revoked or runs out, or their tenant is suspended; others go on',
  async (world) => {
    const { url, otherUrl, banks, call, follow, sandbox } = world;
    const made = await call('bank', 'POST', '/v1/api-keys', { name: 'short', scopes: ['events:read'] });
    const expiresAt = new Date((await sandbox.now()).getTime() + 60 * 60_000).toISOString();
    const running = await call('bank', 'POST', '/v1/api-keys', {
      name: 'runs out',
      scopes: ['events:read'],
      expiresAt,
    });
    const revoked = await Promise.all([url, otherUrl].map((api) => follow(api, String(made.body['key']))));
    const ends = await follow(url, String(running.body['key']));
    const stays = await follow(otherUrl, banks.insurer.key);
    const kept = await Promise.all([url, otherUrl].map((api) => follow(api, banks.bank.key)));

    const endTogether = async (streams: typeof kept, act: () => Promise<{ status: number }>) => {
      for (const stream of streams) expect(stream.isOpen()).toBe(true);
      const actedAt = performance.now();
      expect((await act()).status).toBeLessThan(300);
      for (const { ended, comments } of streams) {
        const { at, how } = await ended;
        expect(how).toBe('ended');
        expect(at - actedAt).toBeLessThan(endsWithinMs);
        expect(comments.at(-1)).toBe('the key or its tenant has been stopped');
      }
    };
    await endTogether(revoked, () => call('bank', 'DELETE', `/v1/api-keys/${made.body['id']}`));
    expect(await follow(url, String(made.body['key']))).toMatchObject({ status: 401 });
    await endTogether([ends], async () => {
      await sandbox.advance(60 * 60_000 + 1);
      return { status: 200 };
    });
    await endTogether(kept, () => call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/suspend`));
    expect(await follow(otherUrl, banks.bank.key)).toMatchObject({ status: 403 });
    expect(stays.isOpen()).toBe(true);
    await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/resume`);
    expect(await follow(url, banks.bank.key)).toMatchObject({ status: 200 });
  },
);

twoApisTest(
  'a tenant has so many streams in a process and no more, and a place is free again when one is closed',
  async (world) => {
    const { url, otherUrl, banks, follow, otherLogs } = world;
    const open = await Promise.all([follow(otherUrl, banks.bank.key), follow(otherUrl, banks.bank.key)]);
    const third = await follow(otherUrl, banks.bank.key);
    expect(third).toMatchObject({ status: 429, problem: { type: '/problems/too-many-streams' } });
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await follow(url, banks.bank.key)).toMatchObject({ status: 200 });
    const neighbour = await follow(otherUrl, banks.insurer.key);
    expect(neighbour).toMatchObject({ status: 200 });
    expect(await follow(otherUrl, banks.insurer.key), 'three in all').toMatchObject({ status: 429 });
    const openNow = async () =>
      /^hub_http_streams_open\S* (\d+)/m.exec(
        (await callJson('GET', world.otherMetricsUrl)).body['text'] as string,
      )?.[1];
    expect(await openNow()).toBe('3');
    // One that never began takes no place.
    const head = { method: 'HEAD', headers: { authorization: `Bearer ${banks.insurer.key}` } };
    open[0]?.close();
    await until('its place to be free', async () => (await openNow()) === '2');
    for (let turn = 0; turn < 3; turn++) expect((await fetch(`${otherUrl}/v1/events/stream`, head)).status).toBe(200);
    expect(await follow(otherUrl, banks.bank.key)).toMatchObject({ status: 200 });
    const line = await until('its line', () =>
      otherLogs
        .map((text) => JSON.parse(text))
        .find((one) => one.route === '/v1/events/stream' && one.ended === 'left'),
    );
    expect(line).toMatchObject({ method: 'GET', status: 200, tenantId: banks.bank.id, ms: expect.any(Number) });
    const metrics = (await callJson('GET', world.otherMetricsUrl)).body['text'] as string;
    expect(metrics).toMatch(/hub_http_requests_total\{method="GET",route="\/v1\/events\/stream",status="200"\S* 1/);
    expect(metrics).toMatch(/hub_http_request_seconds_count\{\S*route="\/v1\/events\/stream"\S* 2/); // the two refused
  },
  { HUB_STREAMS_PER_TENANT: '2', HUB_STREAMS: '3' },
);

twoApisTest(
  'a process that closes says so in its streams and does not wait for them; another goes on',
  async (world) => {
    const { url, otherUrl, banks, follow } = world;
    const streams = await Promise.all(Array.from({ length: 5 }, () => follow(otherUrl, banks.bank.key)));
    await world.ping();
    for (const stream of streams) await stream.got(1);
    await until('no connection to the database to be in use', async () => {
      const metrics = (await callJson('GET', world.otherMetricsUrl)).body['text'] as string;
      const count = (state: string) =>
        Number(new RegExp(`hub_database_connections\\{door="tenant",state="${state}"\\S* (\\d+)`).exec(metrics)?.[1]);
      return count('open') > 0 && count('open') === count('idle');
    });
    const askedAt = performance.now();
    await world.closeOther();
    expect(performance.now() - askedAt).toBeLessThan(5000);
    for (const stream of streams) {
      expect((await stream.ended).how).toBe('ended');
      expect(stream.comments.at(-1)).toMatch(/closing/);
    }
    await world.ping();
    const again = await follow(url, banks.bank.key, { lastEventId: streams[0]?.lastId() ?? '' });
    expect((await again.got(1)).map(({ event }) => event.sequence)).toEqual([2]);
  },
);
