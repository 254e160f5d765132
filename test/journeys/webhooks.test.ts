import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import type { Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { hour, minute, second } from './in-time.ts';

const base = '/v1/webhook-endpoints';
type Delivery = {
  id: string;
  status: string;
  nextAt: string | null;
  event: { id: string; type: string; sequence: number };
  attempts: {
    number: number;
    at: string;
    durationMs: number;
    httpStatus: number | null;
    error: string | null;
    answer: string | null;
  }[];
};

const deliveriesTo = async ({ call }: World, endpoint: string) =>
  (await call('bank', 'GET', `${base}/${endpoint}/deliveries`)).body['items'] as Delivery[];

const isSignedWith = (secret: unknown, { body, headers }: Received): boolean => {
  try {
    new Webhook(String(secret)).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};

hubTest('a bank keeps its endpoints: made, read, changed, tested alone, removed', async (world) => {
  const { call, receiver, webhook } = world;
  const made = await call('bank', 'POST', base, {
    url: `${receiver.url}/second`,
    events: ['consent.accepted'],
    description: 'the loan office',
  });
  expect(made).toMatchObject({
    status: 201,
    body: {
      url: `${receiver.url}/second`,
      events: ['consent.accepted'],
      status: 'enabled',
      secret: expect.stringMatching(/^whsec_/),
    },
  });
  const { secret, ...shown } = made.body;
  const path = `${base}/${shown['id']}`;
  expect(made.headers.get('location')).toBe(path);
  expect((await call('bank', 'GET', path)).body).toEqual(shown); // the secret is shown once
  expect(JSON.stringify((await call('bank', 'GET', base)).body)).not.toContain('whsec_');

  expect(await call('bank', 'POST', `${path}/test`)).toMatchObject({ status: 202 });
  const ping = await receiver.got('ping');
  await world.settled();
  expect(receiver.received).toHaveLength(1); // though the other one wants all events
  expect(receiver.visits).toEqual(['POST /second']);
  expect([isSignedWith(secret, ping), isSignedWith(webhook.secret, ping)]).toEqual([true, false]);
  expect(ping.event).toMatchObject({ type: 'ping', sequence: 1, data: { endpoint: shown['id'] } });

  // It gets the events it asked for, and after a change others.
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await receiver.got('consent.accepted', id);
  await world.settled();
  expect(receiver.visits.filter((visit) => visit === 'POST /second')).toHaveLength(2);
  await call('bank', 'PATCH', path, { events: ['consent.withdrawn'], status: 'disabled' });
  await call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  await receiver.got('consent.withdrawn', id);
  await world.settled();
  expect(receiver.visits.filter((visit) => visit === 'POST /second')).toHaveLength(2);
  expect(await call('bank', 'DELETE', path)).toMatchObject({ status: 204 });
  expect((await call('bank', 'GET', path)).status).toBe(404);
});

hubTest('a new secret signs beside the old one for a while, then alone', async (world) => {
  const { call, receiver, webhook, sandbox } = world;
  const path = `${base}/${webhook.id}`;
  const { body } = await call('bank', 'POST', `${path}/rotate-secret`, { overlapSeconds: 3600 });
  expect(body['secret']).not.toBe(webhook.secret);
  const ping = async () => {
    receiver.received.length = 0;
    await call('bank', 'POST', `${path}/test`);
    const got = await receiver.got('ping');
    await world.settled();
    return got;
  };
  const text = 'select to_jsonb(e)::text as text from webhook_endpoints e where id = $1';
  const row = async () => (await rowsOf<{ text: string }>(world, text, [webhook.id]))[0]?.text;
  await until('nothing of the endpoint to change any more', async () => {
    const before = await row();
    const both = await ping();
    expect([isSignedWith(webhook.secret, both), isSignedWith(body['secret'], both)]).toEqual([true, true]);
    return (await row()) === before;
  });
  const before = await row();
  await sandbox.advance(2 * hour);
  expect(await row()).toBe(before);
  const alone = await ping();
  // The package looks at the clock on the wall, which is behind the hub's.
  const signatures = (secret: unknown) =>
    new Webhook(String(secret)).sign(
      alone.event.id,
      new Date(Number(alone.headers['webhook-timestamp']) * 1000),
      alone.body,
    );
  expect(alone.headers['webhook-signature']).toBe(signatures(body['secret']));
});

hubTest(
  'an endpoint that fails is tried again after longer and longer, and left alone once it took it',
  async (world) => {
    const { receiver, webhook, sandbox } = world;
    receiver.answerWith({ status: 500, body: 'out of paper' }, 503, 429, 404);
    const { id } = await world.ask('bank');
    for (const [tries, pause] of [5 * second, minute, 5 * minute, 30 * minute].entries()) {
      const { nextAt, attempts } = await until(`try ${tries + 1} to be noted`, async () => {
        const [delivery] = await deliveriesTo(world, webhook.id);
        return delivery?.attempts.length === tries + 1 && delivery;
      });
      const { at = '', durationMs = 0 } = attempts.at(-1) ?? {};
      const pauses = Date.parse(nextAt ?? '') - Date.parse(at);
      // 20 % more or less.
      expect(pauses).toBeGreaterThanOrEqual(0.8 * pause);
      expect(pauses).toBeLessThanOrEqual(1.2 * pause + durationMs + second);
      const leftMs = async () => Date.parse(nextAt ?? '') - (await sandbox.now()).getTime();
      if (tries > 0) {
        await sandbox.advance((await leftMs()) - 0.5 * pause); // not yet
        await world.settled();
        expect(receiver.received).toHaveLength(tries + 1);
      }
      await sandbox.advance(Math.max(0, await leftMs()) + 100);
    }
    await until('the last try', () => receiver.received.length === 5);
    await world.settled();
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await sandbox.advance(100 * hour);
    await world.settled();
    expect(receiver.received.filter(({ event }) => event.type === 'consent.requested')).toHaveLength(5);
    const [delivery] = (await deliveriesTo(world, webhook.id)).filter(
      ({ event }) => event.type === 'consent.requested',
    );
    expect(delivery).toMatchObject({ status: 'delivered', nextAt: null });
    expect(delivery?.attempts.map(({ number, httpStatus }) => [number, httpStatus])).toEqual([
      [1, 500],
      [2, 503],
      [3, 429],
      [4, 404],
      [5, 204],
    ]);
    expect(delivery?.attempts[0]?.answer).toBe('out of paper');
    await world.becomes('bank', id, 'pending');
  },
);

hubTest(
  'one that waits is tried at once when the bank asks for it; one that was taken is left alone',
  async (world) => {
    const { call, receiver, webhook, sandbox } = world;
    receiver.answerWith(500, 500);
    await world.ask('bank');
    const afterTries = (many: number) =>
      until(`${many} tries to be noted`, async () => {
        const [delivery] = await deliveriesTo(world, webhook.id);
        return delivery?.attempts.length === many && delivery;
      });
    // After the second the pause is so long that it does not end by itself.
    await afterTries(1);
    await sandbox.advance(6 * second);
    const delivery = await afterTries(2);
    expect(delivery).toMatchObject({ status: 'pending', nextAt: expect.any(String) });
    const retry = () => call('bank', 'POST', `/v1/deliveries/${delivery.id}/retry`);
    expect((await retry()).status).toBe(202);
    await world.settled();
    expect(receiver.received).toHaveLength(3);
    expect((await deliveriesTo(world, webhook.id))[0]).toMatchObject({ status: 'delivered' });
    expect(await retry()).toMatchObject({ status: 202, body: { status: 'delivered' } });
    await world.settled();
    expect(receiver.received).toHaveLength(3);
  },
);

hubTest('a redirect is not followed', async (world) => {
  const { receiver, webhook } = world;
  receiver.usuallyAnswer({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
  await world.ask('bank');
  await world.settled();
  const [delivery] = await deliveriesTo(world, webhook.id);
  expect(delivery?.status).toBe('pending');
  expect(delivery?.attempts.length).toBeGreaterThan(0);
  for (const attempt of delivery?.attempts ?? []) expect(attempt).toMatchObject({ httpStatus: 307, error: 'redirect' });
  expect(new Set(receiver.visits)).toEqual(new Set(['POST /webhooks']));
});

hubTest(
  'without leave nothing is sent to this machine or its network',
  async (world) => {
    const { call, receiver } = world;
    for (const url of [
      `${receiver.url}/webhooks`,
      'http://bank.example/hook',
      'https://127.0.0.1/hook',
      'https://[::1]/hook',
      'https://10.0.0.1/hook',
      'https://localhost/hook',
      'https://user:secret@bank.example/hook',
    ])
      expect(await call('bank', 'POST', base, { url })).toMatchObject({
        status: 422,
        body: { type: '/problems/webhook-url-invalid', errors: [{ field: '/url' }] },
      });
    const made = await call('bank', 'POST', base, { url: 'https://bank.example/hook' });
    expect(made.status).toBe(201);
    await world.ask('bank');
    expect(receiver.received).toEqual([]);
  },
  { HUB_EGRESS_ALLOW: '' },
);

hubTest('what happened is read in order by cursor, the same as the webhooks told', async (world) => {
  const { call, receiver } = world;
  const first = await world.ask('bank');
  await world.answer(first.approvalUrl, 'accept');
  await world.becomes('bank', first.id, 'accepted');
  const second = await world.ask('bank');
  await call('bank', 'POST', `/v1/consents/${second.id}/withdraw`);
  await receiver.got('consent.withdrawn', second.id);
  await world.settled();
  type Page = { items: Received['event'][]; next: string };
  const read: Received['event'][] = [];
  let page = (await call('bank', 'GET', '/v1/events?limit=3')).body as Page;
  while (page.items.length > 0) {
    read.push(...page.items);
    page = (await call('bank', 'GET', `/v1/events?limit=3&cursor=${page.next}`)).body as Page;
  }
  expect(read.map(({ sequence, type }) => [sequence, type])).toEqual([
    [1, 'consent.requested'],
    [2, 'consent.accepted'],
    [3, 'consent.requested'],
    [4, 'consent.withdrawn'],
  ]);
  const told = receiver.received.map(({ event }) => event).sort((a, b) => a.sequence - b.sequence);
  expect(told).toEqual(read);
  expect((await call('insurer', 'GET', '/v1/events')).body['items']).toEqual([]);
});
