import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { type EngineName, engines, openWorld } from '../support/hub-test.ts';
import { openPort } from '../support/open-port.ts';
import { until } from '../support/until.ts';
import { examine } from './examine.ts';
import { otherServer, runHub } from './run-hub.ts';

type OpenWorld = Awaited<ReturnType<typeof openWorld>>;

let world: OpenWorld;
beforeAll(async () => {
  world = await openWorld('postgresql', { QUEUE_PREFIX: '{doctor}' });
});
afterAll(() => world.close());

const settingsOf = ({ databaseUrl, sandbox, engine }: OpenWorld): NodeJS.ProcessEnv => ({
  DATABASE_URL: databaseUrl,
  ...(engine === 'redis' ? { REDIS_URL: inject('redisUrl') ?? '' } : {}),
  QUEUE_PREFIX: '{doctor}',
  HUB_DATABASE_CONNECTIONS: '28',
  MASKINPORTEN_ISSUER: `${sandbox.url}/maskinporten/`,
  ALTINN3_URL: `${sandbox.url}/altinn3/`,
});

const examined = (change: NodeJS.ProcessEnv = {}) => examine({ ...settingsOf(world), ...change });

test.each<EngineName>(engines)(
  'all is well with queues on %s: each part has its line, and the code is 0',
  async (engine) => {
    const well = engine === 'postgresql' ? world : await openWorld(engine, { QUEUE_PREFIX: '{doctor}' });
    if (well !== world) onTestFinished(() => well.close());
    const { id, approvalUrl } = await well.ask('bank');
    await well.answer(approvalUrl, 'accept');
    await well.becomes('bank', id, 'accepted');
    await well.settled();
    const { code, stdout, stderr } = await runHub(['doctor'], settingsOf(well));
    for (const line of [
      /^✓ configuration +sandbox; queues in (PostgreSQL|Redis)$/m,
      /^✓ database +PostgreSQL 1\d\.\d+$/m,
      /^✓ migrations +up to date$/m,
      /^✓ row policies +on and forced/m,
      /^✓ connections +\d+ of 397 in use; the hub’s: .*listener 1.*; budget 28 a process$/m,
      /^✓ processes +1 connected/m,
      /^✓ read-consent +1 owed, 0 due, 0 handed out$/m,
      /^✓ blocked +no consent/m,
      /^✓ clients +consents 1, data 2, admin 0$/m,
      /^✓ keys +no API key, .* ends within thirty days$/m,
      engine === 'redis'
        ? /^✓ queue engine +Redis \d[\d.]+, noeviction; 0 jobs wait, 0 under way$/m
        : /^✓ queue engine +PostgreSQL \d/m,
      /^✓ Maskinporten +http/m,
      /^✓ Altinn 3 +http/m,
      /^✓ clock +Maskinporten is \d\.\d s \w+, Altinn is .*, the database is /m,
      /^Nothing is wrong\.$/m,
    ])
      expect(stdout).toMatch(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain(new URL(well.databaseUrl).password);
  },
);

test('Redis is gone: that alone is wrong, and no password is printed', async () => {
  const REDIS_URL = `redis://user:secret-of-mine@127.0.0.1:${await openPort()}`;
  const { wrong, of } = await examined({ REDIS_URL });
  expect(wrong).toEqual(['queue engine']);
  expect(of('queue engine')[0]?.says).toMatch(/^Redis at REDIS_URL cannot be reached/);
  expect(JSON.stringify(of('queue engine'))).not.toContain('secret-of-mine');
});

test('the database is gone: the outside is looked at all the same', async () => {
  const DATABASE_URL = `postgres://hub:secret-of-mine@127.0.0.1:${await openPort()}/hub`;
  const { wrong, of } = await examined({ DATABASE_URL });
  expect(wrong).toEqual(['database']);
  expect(of('database')[0]?.says).toMatch(/^Nothing listens at 127\.0\.0\.1:\d+/);
  expect(of('Maskinporten')[0]?.state).toBe('ok');
});

test('Maskinporten is away: Altinn is not blamed for it', async () => {
  const { wrong, of } = await examined({ MASKINPORTEN_ISSUER: `http://127.0.0.1:${await openPort()}/` });
  expect(wrong).toEqual(['Maskinporten']);
  expect(of('Maskinporten')[0]).toMatchObject({
    says: expect.stringMatching(/does not answer: .*ECONNREFUSED/),
    next: expect.stringContaining('MASKINPORTEN_ISSUER'),
  });
});

test('a clock that is off is told before Maskinporten refuses every grant', async () => {
  const { url: issuer } = await otherServer((url) => ({
    headers: { date: new Date(Date.now() - 60_000).toUTCString() },
    body: { issuer: url, token_endpoint: `${url}token` },
  }));
  const { wrong, of } = await examined({ MASKINPORTEN_ISSUER: issuer });
  expect(wrong).toEqual(['clock']);
  expect(of('clock')[0]).toMatchObject({
    // The header has whole seconds, and how long the answer took stands on one side of it or the other.
    says: expect.stringMatching(/^Maskinporten is (5[6-9]|6[0-4])\.\d s behind/),
    next: expect.stringContaining('NTP'),
  });
});

test('an address for LISTEN that leads nowhere is told apart from the database’s own', async () => {
  const { wrong, of } = await examined({ DATABASE_DIRECT_URL: `postgres://hub@127.0.0.1:${await openPort()}/hub` });
  expect(wrong).toEqual(['direct address']);
  expect(of('direct address')[0]?.next).toContain('DATABASE_DIRECT_URL');
  expect((await examined({ DATABASE_DIRECT_URL: world.databaseUrl })).wrong).toEqual([]);
});

test('a budget that cannot fit is told', async () => {
  const { wrong, of } = await examined({ HUB_DATABASE_CONNECTIONS: '900' });
  expect(wrong).toEqual(['connections']);
  expect(of('connections')[0]).toMatchObject({
    says: expect.stringMatching(/1 processes may take 900$/),
    next: expect.stringContaining('HUB_DATABASE_CONNECTIONS'),
  });
});

test('an outage at Altinn shows as the last error of the job that waits for its end', async () => {
  await world.sandbox.fault('create', { kind: 'status', status: 503 }, 100);
  onTestFinished(async () => {
    await world.sandbox.clear();
  });
  await world.call('bank', 'POST', '/v1/consents', {
    from: { organization: '910514318' },
    rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
    validTo: new Date(Date.now() + 3_600_000).toISOString(),
    redirectUrl: `${world.receiver.url}/done`,
  });
  const told = await until('the failure to be noted', async () => {
    const [finding] = (await examined()).of('submit-consent');
    return finding?.state === 'note' && finding;
  });
  expect(told.says).toMatch(/1 failing, last error altinn-unavailable/);
});
