import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { isPrivateWay } from '../../src/cli/listen/words.ts';
import { hubTest } from '../support/hub-test.ts';
import { openPort } from '../support/open-port.ts';
import { until } from '../support/until.ts';
import { otherServer, runHub, startHub } from './run-hub.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

hubTest('`hub listen` prints events as they come, and sends them on signed', async (world) => {
  const { url, banks, receiver } = world;
  await world.ask('bank'); // before anybody listened
  await receiver.got('consent.requested');
  const received = receiver.received.length;
  const listening = startHub(
    ['listen', '--url', url, '--forward', `${receiver.url}/local`, '--secret', secret, '--types', 'consent.accepted'],
    { HUB_API_KEY: banks.bank.key },
  );
  await until('it to listen', () => listening.said.stderr.includes('Listening'));
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await until('the answer to be told', () => /→ 204 after \d+ ms/.test(listening.said.stdout));
  listening.kill('SIGINT');
  const { code, stdout, stderr } = await listening.ended;
  expect(code).toBe(0);
  const [line = '', answer, ...more] = stdout.trim().split('\n');
  expect(line).toMatch(new RegExp(`^\\d{4}-[^ ]+Z  #\\d+ +consent\\.accepted +${id}  accepted$`));
  expect([answer, more]).toEqual([expect.stringContaining('→ 204'), []]);
  expect(stdout + stderr).not.toContain(banks.bank.key);

  const local = receiver.visits.indexOf('POST /local');
  expect(receiver.visits.filter((visit) => visit === 'POST /local')).toHaveLength(1);
  const posts = receiver.visits.slice(0, local).filter((visit) => visit.startsWith('POST')).length;
  const sentOn = receiver.received[posts];
  expect(posts).toBeGreaterThanOrEqual(received);
  const event = new Webhook(secret).verify(sentOn?.body ?? '', sentOn?.headers as Record<string, string>);
  expect(event).toMatchObject({ type: 'consent.accepted', data: { consent: { id } } });
});

hubTest('`hub listen --from-start --json` tells what happened before, a line of JSON each', async (world) => {
  const { url, banks, receiver, call } = world;
  await world.ask('bank');
  await receiver.got('consent.requested');
  const listening = startHub(['listen', '--from-start', '--json'], { HUB_URL: url, HUB_API_KEY: banks.bank.key });
  await until('the first event', () => listening.said.stdout.includes('\n'));
  listening.kill('SIGTERM');
  const { code, stdout } = await listening.ended;
  expect(code).toBe(0);
  const { items } = (await call('bank', 'GET', '/v1/events')).body;
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(items);
});

hubTest('`hub listen` says in one line why it may not, and with code 1', async (world) => {
  const { url, banks, call } = world;
  const run = (key: string, more: string[] = []) => runHub(['listen', '--url', url, ...more], { HUB_API_KEY: key });
  const { body } = await call('bank', 'POST', '/v1/api-keys', { name: 'narrow', scopes: ['consents:read'] });
  const said = async (running: ReturnType<typeof run>) => {
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([1, '']);
    return stderr.split('\n').filter((line) => line !== '');
  };
  expect(await said(run('hub_t_nobody'))).toEqual([expect.stringContaining('does not know this key')]);
  expect(await said(run(String(body['key'])))).toEqual([expect.stringContaining('with the scope events:read')]);
  expect(await said(run(banks.bank.key, ['--since', 'elsewhere']))).toEqual([expect.stringContaining('cursor')]);
  await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/suspend`);
  expect(await said(run(banks.bank.key))).toEqual([expect.stringContaining('suspended')]);
});

test('`hub listen` tells that there is no hub, or none of ours', async () => {
  const nobody = await runHub(['listen', '--key', 'k', '--url', `http://127.0.0.1:${await openPort()}`]);
  expect(nobody.stderr).toMatch(/no answer from http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\n$/);
  const other = await runHub(['listen', '--key', 'k', '--url', (await otherServer()).url]);
  expect(other.stderr).toMatch(/There is no hub at http:\/\/127\.0\.0\.1:\d+/);
  expect([nobody.code, other.code]).toEqual([1, 1]);
});

test.each([
  [['listen'], 'HUB_API_KEY'],
  [['listen', '--key', 'k', '--types', 'consent.given'], 'no event type "consent.given"'],
  [['listen', '--key', 'k', '--since', 'x', '--from-start'], 'do not go together'],
  [['listen', '--key', 'k', '--url', 'localhost'], '--url'],
  [['listen', '--key', 'k', '--forward', 'ftp://x/'], '--forward'],
  [['listen', '--key', 'k', '--forward', 'http://x/', '--secret', 'whsec_c2hvcnQ='], '24 to 64 bytes'],
  [['listen', '--key', 'k', '--forward', 'http://me:c2hvcnQ=@x/'], 'without a user and a password'],
  [['listen', '--key', 'k', '--url', 'http://me:c2hvcnQ=@x/'], 'without a user and a password'],
  [['listen', '--key', 'k', '--every', 'day'], 'hub listen'],
])('wrong words get the list of right ones and exit code 2: %j', async (words, text) => {
  const { code, stdout, stderr } = await runHub(words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(text);
  expect(stderr).toContain('--from-start');
  expect(stderr).not.toContain('c2hvcnQ=');
});

const event = (sequence: number) => ({ id: `e${sequence}`, type: 'ping', timestamp: 't', sequence, data: {} });

/** A hub reduced to what is listened to, that breaks off when it is told to. */
const brittleHub = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('what somebody else answers in a hub’s place gives the terminal no orders', async () => {
  const url = await brittleHub((_request, response) => {
    const problem = { type: '/problems/odd', detail: 'look\u001b]0;owned\u0007\u009b2Jhere' };
    response.writeHead(400).end(JSON.stringify(problem));
  });
  const { code, stderr } = await runHub(['listen', '--key', 'k', '--url', url]);
  expect([code, stderr]).toEqual([1, 'The hub says: look ]0;owned  2Jhere\n']);
});

test('a key that goes out unencrypted is told of; within this machine it is not', () => {
  const isPrivate = (url: string) => isPrivateWay(new URL(url));
  expect(
    ['https://hub.bank.example', 'http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:1'].map(isPrivate),
  ).toEqual([true, true, true, true]);
  expect(['http://hub.bank.example', 'http://127.0.0.1.example', 'http://localhost.example'].map(isPrivate)).toEqual([
    false,
    false,
    false,
  ]);
});

test('a stream that breaks goes on where it was, and none is told twice or missed', async () => {
  const asked: (string | undefined)[] = [];
  let breaks = 0;
  const url = await brittleHub(({ headers }, response) => {
    const last = headers['last-event-id'];
    asked.push(last === undefined ? undefined : String(last));
    breaks += 1;
    if (breaks === 2) {
      const problem = { type: '/problems/database-unavailable', title: 'Away', detail: 'the database rests' };
      response.writeHead(503, { 'retry-after': '1' }).end(JSON.stringify(problem));
      return;
    }
    const from = last === undefined ? 40 : Number(String(last).slice(1));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`: hello\nretry: 1000\nid: c${from}\n\n`);
    // At first it breaks before anything has happened.
    for (const sequence of last === undefined ? [] : [from + 1, from + 2])
      response.write(`id: c${sequence}\nevent: ping\ndata: ${JSON.stringify(event(sequence))}\n\n: a beat\n\n`);
    response.write(`id: c${from + 3}\nevent: ping\ndata: {"id"`);
    setImmediate(() => response.destroy());
  });
  const listening = startHub(['listen', '--json', '--key', 'k', '--url', url]);
  await until('six events', () => listening.said.stdout.split('\n').length > 6);
  listening.kill('SIGINT');
  const { code, stdout, stderr } = await listening.ended;
  expect(code).toBe(0);
  const sequences = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { sequence: number }).sequence);
  expect(sequences.slice(0, 6)).toEqual([41, 42, 43, 44, 45, 46]);
  expect(asked.slice(0, 4)).toEqual([undefined, 'c40', 'c40', 'c42']);
  expect(stderr).toMatch(/the stream broke .*; trying again in \d/);
  expect(stderr).toMatch(/the database rests; trying again in \d/);
});
