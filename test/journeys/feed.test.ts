import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { openAltinn3 } from '../../src/clients/altinn3/consent-requests.ts';
import { openMaskinporten } from '../../src/clients/maskinporten/maskinporten.ts';
import { signingKeys } from '../../src/clients/maskinporten/signing-keys.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { persons } from '../support/given.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { rowsOf } from '../usecases/rows.ts';
import { hour, inTime, minute } from './in-time.ts';

/** Single reads tell nothing any more, and nobody comes back by a browser: what is found, the feed has told. */
const feedAlone = ({ sandbox }: World) => sandbox.fault('get', { kind: 'status', status: 503 }, 1_000_000);

const feedReads = async ({ sandbox }: World): Promise<number> => (await sandbox.calls('events')).length;

const askMany = (world: World, many: number) => Promise.all(Array.from({ length: many }, () => world.ask('bank')));

const statuses = async (world: World): Promise<Record<string, number>> => {
  const rows = await rowsOf<{ status: string; many: number }>(
    world,
    'select status::text as status, count(*)::int as many from consents group by 1',
  );
  return Object.fromEntries(rows.map(({ status, many }) => [status, many]));
};

/** Each event of these types once for each consent, in an order without holes. */
const toldOnce = (world: World, id: string, types: string[]) => {
  const told = world.receiver.received.filter(({ event }) => event.data.consent?.['id'] === id);
  expect(new Set(told.map(({ event }) => event.type))).toEqual(new Set(types));
  expect(new Set(told.map(({ event }) => event.id)).size).toBe(types.length);
};

const feedOf = async (world: World) => {
  const [row] = await rowsOf<{ position: Date; next_link: string | null; read_at: Date; last_problem: string | null }>(
    world,
    'select * from feeds where tenant_id = $1',
    [world.banks.bank.id],
  );
  return row;
};

/** Another supplier of the same bank’s, or the bank itself: it makes requests that the hub knows nothing of. */
const openStranger = async (world: World) => {
  const { sandbox, banks } = world;
  const pair = await signingKeys.generate(systemClock.now());
  const kid = pair.kid ?? '';
  const clientId = 'somebody-else';
  const scopes = ['altinn:consentrequests.write'];
  await sandbox.client({ clientId, scopes });
  await sandbox.register(clientId, { keys: [pair.publicJwk] });
  const clock = { now: () => new Date() };
  const known = { read: async () => undefined, keep: async () => undefined };
  const issuer = `${sandbox.url}/maskinporten/`;
  const maskinporten = openMaskinporten({ issuer, operatorOrgno, clock, ids: randomIds, log: silentLog, known });
  onTestFinished(() => maskinporten.close());
  const altinn = openAltinn3({ baseUrl: `${sandbox.url}/altinn3/`, log: silentLog, clock });
  onTestFinished(() => altinn.close());
  const key = signingKeys.open(pair.privateJwk, { kid, certificateChain: [] });
  const signal = () => AbortSignal.timeout(20_000);
  return async (): Promise<string> => {
    const id = randomUUID();
    const { token } = await maskinporten.requestToken({ clientId, key, scopes, consumer: banks.bank.orgno }, signal());
    const submission = {
      id,
      from: { person: persons.two },
      to: banks.bank.orgno,
      validTo: new Date(Date.now() + 24 * hour),
      rights: [{ resource: 'enkelt-samtykke', metadata: { simpletag: '2026' } }],
      redirectUrl: 'http://localhost:3000/elsewhere',
    };
    await altinn.submit(submission, token, signal());
    return id;
  };
};

for (const casing of ['pascal', 'lower'])
  hubTest(`the feed alone tells every answer, in ${casing} case`, async (world) => {
    const { sandbox, receiver } = world;
    await sandbox.settings({ eventTypeCasing: casing, createdInFeed: casing === 'pascal' });
    const [accepted, rejected, revoked, silent] = await askMany(world, 4);
    if (!accepted || !rejected || !revoked || !silent) throw new Error('not asked');
    await feedAlone(world);
    await sandbox.person(accepted.id, 'accept');
    await sandbox.person(rejected.id, 'reject');
    await sandbox.person(revoked.id, 'accept');
    await sandbox.person(revoked.id, 'revoke');
    await inTime(
      world,
      'all answers to be found',
      minute,
      async () => (await world.status('bank', revoked.id)) !== 'pending',
    );
    expect(await statuses(world)).toEqual({ accepted: 1, rejected: 1, revoked: 1, pending: 1 });
    await receiver.got('consent.revoked', revoked.id);
    await world.settled();

    // What is read again and again tells nothing again.
    await sandbox.person(accepted.id, 'revoke');
    await inTime(
      world,
      'the revocation to be found',
      minute,
      async () => (await world.status('bank', accepted.id)) === 'revoked',
    );
    await receiver.got('consent.revoked', accepted.id);
    await world.settled();
    toldOnce(world, accepted.id, ['consent.requested', 'consent.accepted', 'consent.revoked']);
    toldOnce(world, revoked.id, ['consent.requested', 'consent.accepted', 'consent.revoked']);
    toldOnce(world, rejected.id, ['consent.requested', 'consent.rejected']);
    toldOnce(world, silent.id, ['consent.requested']);
  });

hubTest('requests that others made for the same bank are passed over', async (world) => {
  const { sandbox } = world;
  const makeOther = await openStranger(world);
  const [ours] = await askMany(world, 1);
  const others = await Promise.all(Array.from({ length: 3 }, makeOther));
  await feedAlone(world);
  for (const id of [...others, ours?.id ?? '']) await sandbox.person(id, 'accept');
  await inTime(
    world,
    'ours to be found',
    minute,
    async () => (await world.status('bank', ours?.id ?? '')) === 'accepted',
  );
  expect(await statuses(world)).toEqual({ accepted: 1 });
  expect((await feedOf(world))?.last_problem).toBeNull();
  for (const id of others) expect((await world.call('bank', 'GET', `/v1/consents/${id}`)).status).toBe(404);
});

hubTest('a feed is read while something can change, at a pace that follows it, and never otherwise', async (world) => {
  const { sandbox } = world;
  const pass = async (ms: number, stepMs: number): Promise<number> => {
    const before = await feedReads(world);
    for (let passed = 0; passed < ms; passed += stepMs) {
      await sandbox.advance(stepMs);
      await world.settled();
    }
    return (await feedReads(world)) - before;
  };
  // Nobody has asked for anything.
  expect(await pass(2 * hour, 30 * minute)).toBe(0);
  const { id } = await world.ask('bank');
  const whilePending = await pass(20 * minute, minute);
  expect(whilePending).toBeGreaterThanOrEqual(8);
  expect(whilePending).toBeLessThanOrEqual(11);
  await sandbox.person(id, 'accept');
  await sandbox.advance(15 * minute);
  await world.becomes('bank', id, 'accepted');
  await world.settled();
  await pass(hour, 10 * minute);
  const whileAccepted = await pass(6 * hour, 10 * minute);
  expect(whileAccepted).toBeGreaterThanOrEqual(5);
  expect(whileAccepted).toBeLessThanOrEqual(7);
  await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  await pass(2 * hour, 30 * minute);
  expect(await pass(6 * hour, 30 * minute)).toBe(0);
  expect(await rowsOf(world, `select 1 from outbox where job = 'read-feed'`)).toEqual([]);
});

hubTest('what cannot be read is read again, and nothing is passed over', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank');
  await feedAlone(world);
  await sandbox.person(id, 'accept');
  await sandbox.fault('events', { kind: 'html', status: 200 });
  await sandbox.fault('events', { kind: 'status', status: 200, body: { data: [{ consentRequestId: id }] } });
  await sandbox.fault('events', { kind: 'reset', when: 'after' });
  await inTime(world, 'the failures to be over', minute, async () => (await feedReads(world)) >= 3);
  expect(await feedOf(world)).toMatchObject({ position: null, last_problem: 'altinn-unavailable' });
  await inTime(world, 'it to be found', minute, async () => (await world.status('bank', id)) === 'accepted');
  expect((await feedOf(world))?.last_problem).toBeNull();
  const metrics = await (await fetch(world.metricsUrl)).text();
  expect(metrics).toMatch(/^hub_feed_pages_total\{outcome="altinn-unavailable",role="all"\} 3$/m);
  expect(metrics).toMatch(/^hub_feed_pages_total\{outcome="read",role="all"\} [1-9]/m);
  expect(metrics).toMatch(/^hub_feed_changes_total\{role="all"\} 1$/m);
});

hubTest('access that was taken away stops the feed, and given back it heals', async (world) => {
  const { sandbox, banks } = world;
  const scope = 'altinn:consentrequests.write';
  const { id } = await world.ask('bank');
  await feedAlone(world);
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, scope);
  await sandbox.person(id, 'accept');
  await inTime(
    world,
    'access to be missed',
    minute,
    async () => (await feedOf(world))?.last_problem === 'access-not-delegated',
  );
  await sandbox.advance(hour);
  await world.settled();
  expect(await world.status('bank', id)).toBe('pending');
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, scope);
  await inTime(world, 'it to be found', 5 * minute, async () => (await world.status('bank', id)) === 'accepted');
});

hubTest('a suspended bank’s feed rests, and is caught up with when it is resumed', async (world) => {
  const { sandbox, call, banks } = world;
  const { id } = await world.ask('bank');
  await feedAlone(world);
  await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/suspend`);
  await sandbox.person(id, 'accept');
  await sandbox.advance(3 * hour);
  await world.settled();
  expect(await feedReads(world)).toBe(0);
  await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/resume`);
  await world.becomes('bank', id, 'accepted');
});

hubTest(
  'a feed far behind is caught up with at the pace that all share, a page at a time',
  async (world) => {
    const { sandbox } = world;
    await sandbox.settings({ createdInFeed: true });
    const asked = await askMany(world, 130);
    await feedAlone(world);
    for (const { id } of asked) await sandbox.person(id, 'accept');
    for (const { id } of asked) await sandbox.person(id, 'revoke');
    // As if no worker had run for a day.
    await sandbox.advance(24 * hour);
    await inTime(world, 'all to be found', minute, async () => (await statuses(world))['revoked'] === 130);
    expect(await feedOf(world)).toMatchObject({ next_link: null });
    // 390 news are four pages; each begins where the one before ended.
    const pages = (await sandbox.calls('events')).map(({ path }) => path);
    expect(pages.filter((path) => path.includes('continuationToken')).length).toBeGreaterThanOrEqual(3);
    expect(new Set(pages).size).toBe(pages.length);
  },
  { HUB_FEEDS_PER_SECOND: '2' },
);
