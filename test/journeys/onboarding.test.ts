import { expect, test } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { runHub } from '../cli/run-hub.ts';
import { chance, isLong, seed } from '../faults/chance.ts';
import { given } from '../support/given.ts';
import { engines, openWorld, operatorOrgno, type World } from '../support/hub-test.ts';
import { type NewBank, newBanks } from '../support/many-banks.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { day, hour, minute, second } from './in-time.ts';

const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';
const resource = 'ske-samtykke-sbl-inntekt';
const service = 'ske-inntekt';

/** What a new bank lacks, each somebody's move: Altinn's delegation, the API owner's grant, the data's delegation, the list. */
const moves = ['administration', 'grant', 'delegation', 'list'] as const;
type Move = (typeof moves)[number];

const orders = <T>(left: readonly T[]): T[][] =>
  left.length === 0
    ? [[]]
    : left.flatMap((one) => orders(left.filter((other) => other !== one)).map((rest) => [one, ...rest]));

const make = ({ sandbox }: World, orgno: string, move: Move, isGiven: boolean): Promise<unknown> => {
  const scope = move === 'administration' ? administration : income;
  if (move === 'grant') return isGiven ? sandbox.grant(orgno, income) : sandbox.ungrant(orgno, income);
  if (move === 'list') return isGiven ? sandbox.admit(resource, orgno) : sandbox.refuse(resource, orgno);
  return isGiven ? sandbox.delegate(orgno, operatorOrgno, scope) : sandbox.undelegate(orgno, operatorOrgno, scope);
};

/** A bank on its way, and what can be known of the data source's list: only a consent tells. */
type Walker = NewBank & { order: Move[]; has: Set<Move>; listed: 'unknown' | 'done' | 'missing' };

const isPast = ({ has }: Walker): boolean => has.has('administration') && has.has('grant') && has.has('delegation');

/** How each step must stand, from what was done at the sandbox and nothing else. */
const expected = (bank: Walker) => {
  const { has, listed } = bank;
  const stateOf = (move: Move) => (has.has(move) ? 'done' : 'missing');
  return {
    'consent-administration': stateOf('administration'),
    'data-grant': stateOf('grant'),
    'data-delegation': has.has('grant') ? stateOf('delegation') : 'unknown',
    'access-list': listed,
  };
};
const moverOf = {
  'consent-administration': 'tenant',
  'data-grant': 'api-owner',
  'data-delegation': 'tenant',
  'access-list': 'api-owner',
} as const;
const problemOf = {
  'consent-administration': 'access-not-delegated',
  'data-grant': 'access-not-granted',
  'data-delegation': 'access-not-delegated',
  'access-list': 'not-on-access-list',
} as const;
const firstMissing = (bank: Walker) =>
  Object.entries(expected(bank)).find(([, state]) => state === 'missing')?.[0] as keyof typeof moverOf | undefined;

type Step = { step: string; state: string; mover: string; reason: string | null; since: string; link: string | null };
type Standing = { tenant: { id: string }; ready: boolean; step: Step | null; movers: string[] };

const overview = async ({ call }: World, limit = 200): Promise<Map<string, Standing>> => {
  const standings: Standing[] = [];
  let next: unknown = '';
  while (typeof next === 'string') {
    const cursor = next === '' ? '' : `&cursor=${next}`;
    const { body } = await call('operator', 'GET', `/operator/v1/readiness?limit=${limit}&service=${service}${cursor}`);
    standings.push(...(body['items'] as Standing[]));
    next = body['next'];
  }
  expect(new Set(standings.map(({ tenant }) => tenant.id)).size).toBe(standings.length);
  return new Map(standings.map((standing) => [standing.tenant.id, standing]));
};

const stepsOf = async ({ call }: World, { id }: NewBank) => {
  const { body } = await call('operator', 'GET', `/operator/v1/tenants/${id}/readiness`);
  const [found] = body['services'] as { steps: Step[] }[];
  return Object.fromEntries((found?.steps ?? []).map((step) => [step.step, step]));
};

/** All that is told of each bank is as its sandbox has it, step by step and in the overview. */
const toldRightly = async (world: World, banks: readonly Walker[]): Promise<boolean> => {
  const standings = await overview(world);
  for (const bank of banks) {
    const first = firstMissing(bank);
    const told = standings.get(bank.id);
    if (told?.ready !== (first === undefined) || told.step?.step !== first) return false;
    if (first) expect(told.step).toMatchObject({ mover: moverOf[first], reason: problemOf[first] });
    if (first) expect(told.step?.link).toMatch(/^http/);
  }
  const right = banks.map(async (bank) => {
    const steps = await stepsOf(world, bank);
    return Object.entries(expected(bank)).every(([step, state]) => steps[step]?.state === state);
  });
  return (await Promise.all(right)).every((is) => is);
};

const call = ({ url }: World, { key }: NewBank, method: string, path: string, body?: unknown, wait = 0) =>
  callJson(method, `${url}${path}`, key, body, wait === 0 ? {} : { prefer: `wait=${wait}` });

const ask = async (world: World, bank: NewBank) => {
  const { body } = await call(world, bank, 'POST', '/v1/consents', given.ask(`${world.receiver.url}/done`), 20);
  return body as { id: string; status: string; problem: { type: string } | null };
};

const news = async (world: World, bank: NewBank) => {
  const { body } = await call(world, bank, 'GET', '/v1/events?limit=200');
  const items = body['items'] as { type: string; data: { access?: { name: string } } }[];
  return items.filter(({ type }) => type.startsWith('access.')).map(({ type, data }) => `${type} ${data.access?.name}`);
};

/** What is given again or taken away is told once, however many moves it took; of a list that nobody had asked about, nothing. */
const newsOnTheWay = ({ order }: Walker): string[] => [
  `access.granted ${administration}`,
  `access.granted ${income}`,
  ...(order.at(-1) === 'list' ? [`access.granted ${service}`] : []),
];
const newsOnTheWayBack = ({ order }: Walker): string[] => [
  `access.lost ${administration}`,
  `access.lost ${income}`,
  ...(order[0] === 'list' ? [`access.lost ${service}`] : []),
];

/** On one of the engines: what they carry is the same. */
const onboardingTest = (name: string, change: NodeJS.ProcessEnv, run: (world: World) => Promise<void>) =>
  test(name, { timeout: 180_000 }, async () => {
    const world = await openWorld(engines.at(-1) ?? 'postgresql', change);
    try {
      await run(world);
    } finally {
      await world.close();
    }
  });

onboardingTest(
  'a new bank is known in every state, in whatever order it gets there and loses all again, and its consent goes on by itself',
  { HUB_PROBES_PER_SECOND: '1000' },
  async (world) => {
    const { sandbox } = world;
    const ways = orders(moves);
    const made = await newBanks(world, ways.length, [service]);
    const banks = made.map(
      (bank, place): Walker => ({ ...bank, order: ways[place] ?? [], has: new Set(), listed: 'unknown' }),
    );
    const consents = new Map<string, string>();
    await Promise.all(
      banks.map(async (bank) => {
        const { id, status } = await ask(world, bank);
        expect(status).toBe('blocked');
        consents.set(bank.id, id);
      }),
    );
    await until('all to be known', () => toldRightly(world, banks));

    for (let round = 0; round < moves.length; round += 1) {
      for (const bank of banks) {
        const move = bank.order[round] ?? 'list';
        await make(world, bank.orgno, move, true);
        bank.has.add(move);
        // The consent that waits tries by itself as soon as it may.
        if (isPast(bank)) bank.listed = bank.has.has('list') ? 'done' : 'missing';
      }
      // Nobody asks. Once the clock has moved, each that is missing is looked at once.
      await sandbox.advance(hour);
      await world.settled();
      await until(`what was done in round ${round + 1} to be known`, () => toldRightly(world, banks));
    }
    // In small pages it is the same.
    expect(await overview(world, 7)).toEqual(await overview(world));
    for (const bank of banks) {
      await until('the consent that waited to be with Altinn', async () => {
        const { body } = await call(world, bank, 'GET', `/v1/consents/${consents.get(bank.id)}`);
        return body['status'] === 'pending';
      });
      await until('the news', async () => (await news(world, bank)).length >= newsOnTheWay(bank).length);
      expect((await news(world, bank)).toSorted()).toEqual(newsOnTheWay(bank).toSorted());
    }
    expect((await sandbox.consents()).map(({ createCalls }) => createCalls)).toEqual(banks.map(() => 1));

    for (let round = 0; round < moves.length; round += 1) {
      await sandbox.advance(2 * minute);
      await Promise.all(
        banks.map(async (bank) => {
          const move = bank.order[round] ?? 'list';
          await make(world, bank.orgno, move, false);
          bank.has.delete(move);
          const checked = await world.call('operator', 'POST', `/operator/v1/tenants/${bank.id}/readiness/check`);
          expect(checked.status).toBe(200);
        }),
      );
      await until('each loss to be known', () => toldRightly(world, banks));
      if (round > 0) continue;
      // What went first of all is met by whoever asks next.
      await Promise.all(
        banks.map(async (bank) => {
          if (isPast(bank)) bank.listed = 'missing';
          const { status, problem } = await ask(world, bank);
          expect(status).toBe('blocked');
          expect(problem?.type).toBe(`/problems/${problemOf[firstMissing(bank) ?? 'access-list']}`);
        }),
      );
      expect(await toldRightly(world, banks)).toBe(true);
    }
    for (const bank of banks)
      expect((await news(world, bank)).toSorted()).toEqual(
        [...newsOnTheWay(bank), ...newsOnTheWayBack(bank)].toSorted(),
      );
  },
);

const many = isLong ? 300 : 60;
const perSecond = 100;

onboardingTest(
  `${many} banks at once are looked at under the rate that is set, and each is told as the sandbox has it`,
  { HUB_PROBES_PER_SECOND: String(perSecond) },
  async (world) => {
    const { sandbox } = world;
    const drawn = chance(seed);
    const before = (await sandbox.calls('token')).at(-1)?.seq ?? 0;
    const banks = await newBanks(world, many, [service], async (orgno) => {
      for (const move of moves) if (drawn.whole(0, 1) === 1) await make(world, orgno, move, true);
    });
    await until(
      'all banks to be looked at',
      async () => {
        const left = await rowsOf(world, `select 1 from access where kind = 'scope' and checked_at is null limit 1`);
        return left.length === 0;
      },
      120_000,
    );
    const known = await overview(world);
    const found = (await (await fetch(`${sandbox.url}/sandbox/world`)).json()) as {
      grants: { orgno: string; scope: string }[];
      delegations: { consumer: string; scope: string }[];
    };
    const isGranted = (orgno: string) => found.grants.some((one) => one.orgno === orgno && one.scope === income);
    for (const { id, orgno } of banks) {
      const isDelegated = (scope: string) =>
        found.delegations.some((one) => one.consumer === orgno && one.scope === scope);
      const first = isDelegated(administration)
        ? isGranted(orgno)
          ? isDelegated(income)
            ? undefined
            : 'data-delegation'
          : 'data-grant'
        : 'consent-administration';
      expect([orgno, known.get(id)?.step?.step, known.get(id)?.ready]).toEqual([orgno, first, first === undefined]);
    }
    const waits = await world.call('operator', 'GET', '/operator/v1/readiness?mover=api-owner&ready=false&limit=200');
    // Also those that have something to do themselves first.
    expect((waits.body['items'] as Standing[]).map(({ tenant }) => tenant.id).toSorted()).toEqual(
      banks
        .filter(({ orgno }) => !isGranted(orgno))
        .map(({ id }) => id)
        .toSorted(),
    );
    // The command says the same, whoever must be written to first.
    const { stdout } = await runHub(['readiness'], { DATABASE_URL: world.databaseUrl });
    const standings = [...(await overview(world)).values()];
    const heading = (mover: string) => standings.filter(({ movers }) => movers.includes(mover)).length;
    expect(stdout).toContain(`The tenant’s move (${heading('tenant')})`);
    expect(stdout).toContain(`The API owner’s move (${heading('api-owner')})`);
    expect(stdout.indexOf('The tenant’s')).toBeLessThan(stdout.indexOf('The API owner’s'));
    const missing = await rowsOf<{ many: number }>(
      world,
      `select count(*)::int as many from access where problem->>'mover' = 'tenant'`,
    );
    const metrics = await (await fetch(world.metricsUrl)).text();
    const [, counted] = /^hub_access_missing\{mover="tenant".*\} (\d+)$/m.exec(metrics) ?? [];
    expect(Number(counted)).toBe(missing[0]?.many);
    // Two scopes of each bank; half the rate is kept for consents that wait.
    const asked = (await sandbox.calls('token', before)).map(({ at }) => Date.parse(at));
    expect(asked.length).toBeGreaterThanOrEqual(2 * many);
    const [first] = await rowsOf<{ at: Date }>(
      world,
      'select min(created_at) as at from tenants where id = any($1::uuid[])',
      [banks.map(({ id }) => id)],
    );
    const inSecond = asked.map((at) => asked.filter((other) => other >= at && other < at + second).length);
    expect(Math.max(...inSecond)).toBeLessThanOrEqual(perSecond);
    // From when the first of them was there: its look may be longer on its way than the last.
    expect((asked.at(-1) ?? 0) - (first?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(
      (2 * many - 1) * ((2 * second) / perSecond) - 100,
    );
  },
);

onboardingTest(
  'what is taken away without a word is noticed within a day; a suspended bank is looked at when it is resumed',
  { HUB_PROBES_PER_SECOND: '1000' },
  async (world) => {
    const { sandbox, banks } = world;
    const { orgno, id } = banks.bank;
    const path = `/operator/v1/tenants/${id}`;
    const stateOf = async (step: string) => (await stepsOf(world, banks.bank))[step]?.state;
    await until('the first look', async () => (await stateOf('data-delegation')) === 'done');
    await sandbox.undelegate(orgno, operatorOrgno, income);
    await sandbox.advance(day);
    await until('the loss to be known', async () => (await stateOf('data-delegation')) === 'missing');
    expect((await world.receiver.got('access.lost')).event.data).toMatchObject({
      access: { kind: 'scope', name: income },
    });

    await world.call('operator', 'POST', `${path}/suspend`);
    await sandbox.delegate(orgno, operatorOrgno, income);
    await sandbox.advance(day);
    await world.settled();
    expect(await stateOf('data-delegation')).toBe('missing');
    const refused = await world.call('operator', 'POST', `${path}/readiness/check`);
    expect(refused).toMatchObject({ status: 403, body: { type: '/problems/tenant-suspended' } });
    await world.call('operator', 'POST', `${path}/resume`);
    await until('what came meanwhile to be known', async () => (await stateOf('data-delegation')) === 'done');
    await world.receiver.got('access.granted');

    // Another data scope, which no client of the operator's has, and then one in the hub alone: told as that, and as no move of the bank's.
    const other = 'skatteetaten:kravogbetalinger';
    const clients = await world.call('operator', 'GET', '/operator/v1/maskinporten-clients');
    const client = (clients.body['items'] as { id: string; clientId: string; scopes: string[] }[]).find(({ scopes }) =>
      scopes.includes(income),
    );
    const scopes = [income, other];
    await world.call('operator', 'PATCH', `/operator/v1/services/${service}`, { dataScope: other });
    const reasonOf = async (step: string) => (await stepsOf(world, banks.bank))[step]?.reason;
    expect(await reasonOf('client')).toBe('client-missing');
    await world.settled();
    await world.call('operator', 'PATCH', `/operator/v1/maskinporten-clients/${client?.id}`, { scopes });
    await until('the operator to be told', async () => (await reasonOf('client')) === 'client-scope-missing');
    const steps = await stepsOf(world, banks.bank);
    expect(steps['client']).toMatchObject({ mover: 'operator', reason: 'client-scope-missing', knownBy: 'token' });
    expect(steps['data-grant']).toMatchObject({ state: 'unknown', mover: 'nobody' });
    await sandbox.client({ clientId: client?.clientId ?? '', scopes });
    await sandbox.advance(hour);
    await until('all to be well again', async () => (await stateOf('client')) === 'done');
    expect(await stateOf('data-delegation')).toBe('done');
    const types = world.receiver.received.map(({ event }) => event.type).filter((type) => type.startsWith('access.'));
    expect(types).toEqual(['access.lost', 'access.granted']);
  },
);
