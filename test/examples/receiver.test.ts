import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { hubTest } from '../support/hub-test.ts';
import { openPort } from '../support/open-port.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../examples/receiver/main.ts', import.meta.url));
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** The example, as its README starts it. */
const startReceiver = async (given: { secret: string; port: number; inbox: string }) => {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], WEBHOOK_SECRET: given.secret, PORT: String(given.port), INBOX: given.inbox },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await until('the receiver to listen', () => said.includes('Listening'));
  return {
    lines: () => said.trim().split('\n'),
    stop: (signal: NodeJS.Signals) => {
      child.kill(signal);
      return ended;
    },
  };
};

const openInbox = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'receiver-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'inbox.jsonl');
};

hubTest('the example takes what a hub sends, once each, also after it was killed', async (world) => {
  const { call, sandbox } = world;
  const port = await openPort();
  const made = await call('bank', 'POST', '/v1/webhook-endpoints', { url: `http://localhost:${port}/` });
  const given = { secret: String(made.body['secret']), port, inbox: await openInbox() };
  const receiver = await startReceiver(given);
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await until('both events', () => receiver.lines().length === 3);
  expect(receiver.lines().slice(1)).toEqual([
    `consent.requested ${id} version 2: pending`,
    `consent.accepted ${id} version 3: pending → accepted`,
  ]);
  await world.settled();
  await receiver.stop('SIGKILL');

  const again = await startReceiver(given);
  await sandbox.advance(1000);
  const since = new Date((await sandbox.now()).getTime() - 3_600_000).toISOString();
  const path = `/v1/webhook-endpoints/${made.body['id']}`;
  expect((await call('bank', 'POST', `${path}/replay`, { since })).body).toEqual({ count: 2 });
  await sandbox.advance(60_000);
  await until('both to be delivered', async () => {
    const { body } = await call('bank', 'GET', `${path}/deliveries?status=delivered`);
    return (body['items'] as { replay: boolean }[]).filter(({ replay }) => replay).length === 2;
  });
  // From its inbox, before it listened; and nothing since.
  expect(again.lines()).toHaveLength(3);
  await call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  await until('the withdrawal', () => again.lines().length === 4);
  expect(again.lines()[3]).toBe(`consent.withdrawn ${id} version 4: accepted → withdrawn`);
  expect(await again.stop('SIGTERM')).toBe(0);
});

const eventOf = (id: string, version: number, status: string) => ({
  id,
  type: `consent.${status}`,
  timestamp: new Date().toISOString(),
  sequence: version,
  data: { consent: { id: 'c', version, status } },
});

test('the example takes nothing that was changed, is old, too large or unsigned, and lets the newest version count', async () => {
  const port = await openPort();
  const receiver = await startReceiver({ secret, port, inbox: await openInbox() });
  const post = async (body: string, headers: Record<string, string>, method = 'POST') =>
    (await fetch(`http://localhost:${port}/`, { method, headers, ...(method === 'POST' ? { body } : {}) })).status;
  const signed = (id: string, body: string, at = new Date(), by = secret) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, at, body),
  });
  const body = JSON.stringify(eventOf('e1', 3, 'accepted'));
  const headers = signed('e1', body);
  expect(await post(body.replace('accepted', 'rejected'), headers)).toBe(401);
  expect(await post(body, { ...headers, 'webhook-id': 'e2' })).toBe(401);
  expect(await post(body, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toBe(
    401,
  );
  expect(await post(body, signed('e1', body, new Date(Date.now() - 10 * 60_000)))).toBe(401);
  expect(await post(body, signed('e1', body, new Date(), `whsec_${Buffer.alloc(32, 8).toString('base64')}`))).toBe(401);
  expect(await post(body, {})).toBe(401);
  expect(await post('', {}, 'GET')).toBe(405);
  const large = 'x'.repeat(300_000);
  expect(await post(large, signed('e1', large)).catch(() => 413)).toBe(413);
  expect(receiver.lines()).toHaveLength(1);

  const both = `${signed('e1', body, new Date(), `whsec_${Buffer.alloc(32, 9).toString('base64')}`)['webhook-signature']} ${headers['webhook-signature']}`;
  expect(await post(body, { ...headers, 'webhook-signature': both })).toBe(204);
  expect(await post(body, headers)).toBe(204);
  const older = JSON.stringify(eventOf('e0', 2, 'pending'));
  expect(await post(older, signed('e0', older))).toBe(204);
  await until('both to be worked on', () => receiver.lines().length >= 3);
  expect(receiver.lines().slice(1)).toEqual([
    'consent.accepted c version 3: accepted',
    'consent.pending c version 2: accepted since version 3',
  ]);
});
