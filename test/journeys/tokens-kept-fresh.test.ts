import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { inTime, minute, second } from './in-time.ts';

const income = 'skatteetaten:inntekt';

/** Grants with that scope in the name of that bank, as Maskinporten saw them. */
const fetches = async ({ sandbox, banks }: World, scope = income): Promise<number> =>
  (await sandbox.calls('token')).filter(({ body, status }) => {
    const { assertion } = (body ?? {}) as { assertion?: { claims?: { scope?: string; consumer_org?: string } } };
    const { claims } = assertion ?? {};
    return status === 200 && claims?.scope === scope && claims.consumer_org === banks.bank.orgno;
  }).length;

const token = async ({ call }: World) => {
  const { status, body } = await call('bank', 'POST', '/v1/tokens', { scope: income });
  return { status, text: body['token'], expiresAt: new Date(String(body['expiresAt'])).getTime(), body };
};

/** A use since then; written within a second. */
const useIsNoted = (world: World, since = 0) =>
  until('the use to be noted', async () => {
    const rows = await rowsOf<{ used_at: Date }>(
      world,
      'select used_at from tokens where scopes = array[$1] and used_at > $2',
      [income, new Date(since)],
    );
    return rows[0]?.used_at.getTime();
  });

hubTest(
  'a token in use is there anew before it ends, and is left to die when nobody wants it any more',
  async (world) => {
    const first = await token(world);
    expect(first.status).toBe(200);
    await useIsNoted(world);
    const before = await fetches(world);
    await inTime(world, 'a new token', 5 * second, async () => (await fetches(world)) > before);
    // A process may have the first one at hand for a moment still.
    await until('the new one to be handed out', async () => (await token(world)).text !== first.text);
    // Long before the first one's end: nobody would have had to wait.
    expect(await fetches(world)).toBe(before + 1);

    await world.sandbox.advance(11 * minute);
    await world.settled();
    const after = await fetches(world);
    await world.sandbox.advance(3 * minute);
    await world.settled();
    expect(await fetches(world)).toBe(after);
  },
);

hubTest('a token that was only tried out is never fetched again', async (world) => {
  const { body } = await world.call('bank', 'POST', '/v1/consents', given.ask(`${world.receiver.url}/done`), {
    prefer: 'wait=20',
  });
  await world.answer(String(body['approvalUrl']), 'reject');
  const before = await fetches(world);
  expect(before).toBeGreaterThan(0);
  for (let passed = 0; passed < 4; passed += 1) {
    await world.sandbox.advance(minute);
    await world.settled();
  }
  expect(await fetches(world)).toBe(before);
});

hubTest('access that is taken away is told once, and no token of it is handed out from then on', async (world) => {
  const { sandbox, banks, receiver } = world;
  await world.call('bank', 'POST', '/v1/readiness/check');
  expect((await token(world)).status).toBe(200);
  await useIsNoted(world);
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, income);
  await inTime(world, 'access to be lost', 10 * second, async () =>
    receiver.received.some(({ event }) => event.type === 'access.lost'),
  );
  expect(await token(world)).toMatchObject({
    status: 409,
    body: { type: '/problems/access-not-delegated', mover: 'tenant' },
  });
  for (let passed = 0; passed < 3; passed += 1) {
    await sandbox.advance(minute);
    await world.settled();
  }
  expect((await token(world)).status).toBe(409);
  expect(receiver.received.filter(({ event }) => event.type === 'access.lost')).toHaveLength(1);
});

/** How often a worker fetched a token because somebody waited for it. */
const waitedFor = ({ logs }: World): number =>
  logs.filter((line) => line.includes('"job":"fetch-token"') && line.includes('"msg":"done"')).length;

hubTest('a token of thirty seconds that is asked for now and then is always there', async (world) => {
  await world.sandbox.settings({ tokenLifeSeconds: 30 });
  const began = (await world.sandbox.now()).getTime();
  const texts = new Set([(await token(world)).text]);
  await useIsNoted(world);
  for (let passed = 0; passed < 3 * minute; passed += 2 * second) {
    await world.sandbox.advance(2 * second);
    await world.settled();
    if (passed % (40 * second) === 0) texts.add((await token(world)).text);
  }
  expect(texts.size).toBeGreaterThan(4);
  expect(waitedFor(world)).toBe(1);
  const fetched = await fetches(world);
  // In 180 seconds there are eight or nine periods of 21, and the first interval; a slow machine takes time of its own besides.
  expect(fetched).toBeGreaterThanOrEqual(9);
  const periods = ((await world.sandbox.now()).getTime() - began) / (21 * second);
  expect(fetched).toBeLessThanOrEqual(Math.ceil(periods) + 3);
});

hubTest('an app that asks every five minutes never waits but the first time', async (world) => {
  await token(world);
  let usedAt = await useIsNoted(world);
  for (let time = 0; time < 3; time += 1) {
    for (let passed = 0; passed < 5 * minute; passed += 10 * second) {
      await world.sandbox.advance(10 * second);
      await world.settled();
    }
    expect((await token(world)).status).toBe(200);
    usedAt = await useIsNoted(world, usedAt);
  }
  expect(waitedFor(world)).toBe(1);
});

hubTest('while Maskinporten fails the old token stays, and another try comes before it ends', async (world) => {
  const first = await token(world);
  await useIsNoted(world);
  const before = await fetches(world);
  await world.sandbox.fault('token', { kind: 'status', status: 503 }, 3);
  let failed = 0;
  await inTime(world, 'a new token', second, async () => {
    const answers = (await world.sandbox.calls('token')).filter(({ status }) => status === 503).length;
    // Whoever asks meanwhile is given what there is.
    if (answers > failed && failed === 0) expect((await token(world)).text).toBe(first.text);
    failed = answers;
    return (await fetches(world)) > before;
  });
  expect(failed).toBe(3);
  expect(waitedFor(world)).toBe(1);
});
