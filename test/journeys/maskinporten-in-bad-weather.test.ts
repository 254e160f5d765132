import pg from 'pg';
import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { metricOf } from '../support/metric-of.ts';
import { until } from '../support/until.ts';
import { inTime, minute, second } from './in-time.ts';

const income = 'skatteetaten:inntekt';

const token = ({ call }: World, who: 'bank' | 'insurer', resource?: string) =>
  call(who, 'POST', '/v1/tokens', { scope: income, ...(resource === undefined ? {} : { resource }) });

const metric = ({ metricsUrl }: World, name: string, labels: Record<string, string> = {}): Promise<number> =>
  metricOf(metricsUrl, `hub_maskinporten_${name}`, labels);

/** From then on it is renewed. */
const useIsNoted = async ({ adminUrl }: World): Promise<void> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await until('the use to be noted', async () => {
      const { rowCount } = await client.query('select from tokens where used_at is not null and scopes = array[$1]', [
        income,
      ]);
      return rowCount === 1;
    });
  } finally {
    await client.end();
  }
};

const said = ({ logs }: World, words: string): number => logs.filter((line) => line.includes(words)).length;

const sent = async ({ sandbox }: World): Promise<number> => (await sandbox.calls('token')).length;

const now = async ({ sandbox }: World): Promise<number> => (await sandbox.now()).getTime();

/** As many as a breaker lets through at most in that time, one after each pause: of a second, then twice as long each time. */
const triesIn = (ms: number): number => {
  let tries = 0;
  for (let pause = second, at = pause; at <= ms; pause = Math.min(30 * second, 2 * pause), at += pause) tries += 1;
  return tries;
};

const accepted = async (world: World) => {
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  return id;
};
const consentToken = async ({ call }: World, id: string): Promise<string> => {
  const { status, body } = await call('bank', 'POST', `/v1/consents/${id}/token`);
  expect(status).toBe(200);
  return String((body['tokens'] as { token: string }[])[0]?.token);
};
const data = async ({ sandbox }: World, bearer: string): Promise<number> => {
  const url = `${sandbox.url}/data/skatteetaten/inntekt/${persons.one}`;
  return (await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status;
};

for (const [what, storm] of [
  ['503', { kind: 'status', status: 503 }],
  ['pages for people', { kind: 'html', status: 502 }],
] as const)
  hubTest(`in a storm of ${what} few requests go out, and whoever has a token notices nothing`, async (world) => {
    const { sandbox, call, receiver } = world;
    expect((await token(world, 'insurer')).status).toBe(200);
    await sandbox.forget();
    await sandbox.fault('token', storm, 100_000);
    const began = await now(world);

    // Different tokens, so that none waits for another's: what holds them back is the breaker alone.
    const wanted = Array.from({ length: 60 }, (_, place) => `https://api.example/${place}`);
    const told = await Promise.all(wanted.map((resource) => token(world, 'bank', resource)));
    for (const { status, body, headers } of told) {
      expect([status, body['type']]).toEqual([503, '/problems/maskinporten-unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // At most what was under way when the fifth failed, as many as work side by side; and a try now and then since.
    const mostSent = async () => 5 + 16 + triesIn((await now(world)) - began);
    expect(await sent(world)).toBeLessThanOrEqual(await mostSent());
    expect(await metric(world, 'breaker_open')).toBe(1);

    const ask = given.ask(`${receiver.url}/done`);
    const { body } = await call('bank', 'POST', '/v1/consents', ask);
    for (let passed = 0; passed < 10; passed += 1) {
      expect((await token(world, 'insurer')).status).toBe(200);
      await sandbox.advance(3 * second);
      await world.settled();
    }
    expect(await sent(world)).toBeLessThanOrEqual(await mostSent());

    await sandbox.clear();
    const befallen = (await sandbox.calls('token')).filter((one) => 'fault' in one && one.fault !== null).length;
    await inTime(world, 'the consent to be at Altinn', 5 * second, async () => {
      return (await world.status('bank', String(body['id']))) === 'pending';
    });
    for (const resource of wanted.slice(0, 20)) expect((await token(world, 'bank', resource)).status).toBe(200);
    expect(await metric(world, 'breaker_open')).toBe(0);
    expect(said(world, 'maskinporten: it does not answer')).toBe(1);
    expect(said(world, 'maskinporten: it answers again')).toBe(1);
    const failed = await metric(world, 'requests_total', { client: 'Income', outcome: 'maskinporten-unavailable' });
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThanOrEqual(befallen);
    expect(await metric(world, 'request_seconds_count', { client: 'Consent administration' })).toBeGreaterThan(0);
  });

hubTest('a client that is told to come back later rests that long, and another goes on', async (world) => {
  const { sandbox, call } = world;
  await sandbox.fault('token', { kind: 'status', status: 429, retryAfter: 60 });
  const first = await token(world, 'bank');
  expect(first).toMatchObject({ status: 503, body: { type: '/problems/maskinporten-unavailable', mover: 'time' } });
  expect(await sent(world)).toBe(1);
  await sandbox.advance(35 * second);
  // Another tenant, the same client: it would be told the same.
  expect((await token(world, 'insurer')).status).toBe(503);
  expect(await sent(world)).toBe(1);
  const other = await call('insurer', 'POST', '/v1/tokens', { scope: 'skatteetaten:summertskattegrunnlag' });
  expect(other.status).toBe(200);
  expect(await sent(world)).toBe(2);
  await sandbox.advance(26 * second);
  for (const who of ['bank', 'insurer'] as const) expect((await token(world, who)).status).toBe(200);
});

hubTest('a missing delegation without a code is still the tenant’s to mend', async (world) => {
  const { sandbox, banks } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, income);
  await sandbox.fault('token', { kind: 'no-error-uri' }, 10);
  const { status, body } = await token(world, 'bank');
  expect({ status, body }).toMatchObject({
    status: 409,
    body: { type: '/problems/access-not-delegated', mover: 'tenant', traceId: expect.stringMatching(/^[\da-f]{32}$/) },
  });
  expect(await metric(world, 'requests_total', { client: 'Income', outcome: 'access-not-delegated' })).toBeGreaterThan(
    0,
  );
});

for (const [name, clockSkewMs] of [
  ['ahead', minute],
  ['behind', -minute],
] as const)
  hubTest(`with Maskinporten’s clock a minute ${name} all goes on, on short lives too`, async (world) => {
    const { sandbox } = world;
    await sandbox.settings({ clockSkewMs, tokenLifeSeconds: 30 });
    const id = await accepted(world);
    expect(await data(world, await consentToken(world, id))).toBe(200);
    for (let passed = 0; passed < 12; passed += 1) {
      await sandbox.advance(5 * second);
      await world.settled();
      const before = await now(world);
      const { status, body } = await token(world, 'bank');
      expect(status).toBe(200);
      const endsAt = new Date(String(body['expiresAt'])).getTime();
      // When it was handed out lies between the two.
      expect(endsAt - before).toBeGreaterThan(2 * second);
      expect(endsAt - (await now(world))).toBeLessThanOrEqual(30 * second);
    }
    expect(await world.ask('insurer')).toMatchObject({ id: expect.any(String) });
    expect(said(world, 'our clock and theirs differ')).toBe(1);
    const offset = await metric(world, 'clock_offset_seconds');
    expect(Math.abs(offset - clockSkewMs / 1000)).toBeLessThan(2);
  });

hubTest('tokens that live for thirty seconds: ten minutes in which no app waits or is refused', async (world) => {
  const { sandbox } = world;
  await sandbox.settings({ tokenLifeSeconds: 30 });
  const began = await now(world);
  await sandbox.forget();
  const first = await token(world, 'bank');
  expect(first.status).toBe(200);
  await useIsNoted(world);
  const cold = said(world, '"job":"fetch-token"');
  const seen = new Set([first.body['token']]);
  for (let passed = 0; passed < 10 * minute; passed += 4 * second) {
    await sandbox.advance(4 * second);
    await world.settled();
    const { status, body } = await token(world, 'bank');
    expect(status).toBe(200);
    seen.add(body['token']);
  }
  // Renewed at 0.7 of their life, give or take a twentieth and the steps time was moved in, and what it took besides.
  const most = Math.ceil(((await now(world)) - began) / (21 * second)) + 3;
  expect(seen.size).toBeGreaterThan(20);
  expect(seen.size).toBeLessThanOrEqual(most);
  // One fetch for the first and for each renewal, no more. An app need not meet each: a process may serve one to its end while the next has come.
  const fetched = await sent(world);
  expect(fetched).toBeGreaterThanOrEqual(seen.size);
  expect(fetched).toBeLessThanOrEqual(most + 1);
  expect(said(world, '"job":"fetch-token"')).toBe(cold);
});

hubTest(
  'when Maskinporten’s signing key is replaced, new tokens are taken and nobody is told of old ones',
  async (world) => {
    const { sandbox } = world;
    const id = await accepted(world);
    const old = await consentToken(world, id);
    expect(await data(world, old)).toBe(200);
    await sandbox.advance(5 * second);
    await sandbox.settings({ rotateSigningKey: true });
    expect(await data(world, old)).toBe(401);
    // The token at hand is worth nothing any more; Altinn says so, and another is fetched before anybody is told.
    await world.ask('bank');
    await sandbox.advance(2 * minute);
    await world.settled();
    expect(await data(world, await consentToken(world, id))).toBe(200);
  },
);
