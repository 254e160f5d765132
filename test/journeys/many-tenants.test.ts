import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, vi } from 'vitest';
import { mustCall } from '../../src/cli/call-json.ts';
import { startHub } from '../cli/run-hub.ts';
import { isLong } from '../faults/chance.ts';
import { onceTest, operatorKey, operatorOrgno, type World } from '../support/hub-test.ts';
import { orgnos } from '../support/orgnos.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';

const many = isLong ? 300 : 40;
if (isLong) vi.setConfig({ testTimeout: 300_000 });

const given = async (rows: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'banks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  await writeFile(
    at('banks.csv'),
    `\ufeff${['orgno;navn;tjenester;returadresser', ...rows].join('\r\n')}\r\n`,
    'utf16le',
  );
  return at;
};

const settings = ({ url }: World) => ({ HUB_URL: url, HUB_OPERATOR_KEY: operatorKey });

const scopes = ['altinn:consentrequests.write', 'skatteetaten:inntekt'];

/** Who may do all of it, as the sandbox has it. */
const readyAt = async ({ sandbox }: World): Promise<Set<string>> => {
  type Seen = { grants: { orgno: string; scope: string }[]; delegations: { consumer: string; scope: string }[] };
  const { grants, delegations } = (await mustCall('GET', `${sandbox.url}/sandbox/world`)) as unknown as Seen;
  const has = (orgno: string) =>
    scopes.every(
      (scope) =>
        grants.some((one) => one.orgno === orgno && one.scope === scope) &&
        delegations.some((one) => one.consumer === orgno && one.scope === scope),
    );
  return new Set(delegations.map(({ consumer }) => consumer).filter(has));
};

/** As the operator's overview tells it, whoever has been looked at. */
const overview = async ({ call }: World): Promise<Map<string, boolean>> => {
  const told = new Map<string, boolean>();
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await call('operator', 'GET', `/operator/v1/readiness?service=ske-inntekt&limit=200${cursor}`);
    type Standing = { tenant: { orgno: string }; ready: boolean; step: { state: string } | null };
    for (const { tenant, ready, step } of body['items'] as Standing[])
      if (ready || step?.state === 'missing') told.set(tenant.orgno, ready);
    cursor = typeof body['next'] === 'string' ? `&cursor=${encodeURIComponent(body['next'])}` : null;
  }
  return told;
};

onceTest(
  `${many} banks come from one list, with one command, and are probed`,
  async (world) => {
    const { sandbox, banks } = world;
    const numbers = orgnos(many);
    // Nothing, a grant without a delegation, both for one scope of the two, and all.
    for (const [place, orgno] of numbers.entries())
      for (const scope of scopes.slice(0, place % 4 === 2 ? 1 : 2)) {
        if (place % 4 > 0) await sandbox.grant(orgno, scope);
        if (place % 4 > 1) await sandbox.delegate(orgno, operatorOrgno, scope);
      }
    const at = await given([
      ...numbers.map((orgno, place) => `${orgno};Sparebank ${place};ske-inntekt;https://b${place}.example/ferdig`),
      `${banks.bank.orgno};Banken AS;;`,
      '123456789;Ingen;;',
      `974760673;Ukjent;ukjent-tjeneste;`,
    ]);
    const hub = (...words: string[]) =>
      startHub(['tenants', 'import', at('banks.csv'), ...words], settings(world)).ended;

    const plan = await hub();
    expect(plan).toMatchObject({ code: 1, stderr: '' });
    expect(plan.stdout).toContain(`line ${many + 2}  ${banks.bank.orgno}  changed`);
    expect(plan.stdout).toContain('name: Banken → Banken AS');
    expect(plan.stdout).toContain('not in the catalogue: ukjent-tjeneste');
    expect(plan.stdout).toContain(`${many} new, 1 changed, 0 unchanged, 2 refused. ${many + 1} rows wait for --apply.`);
    expect(await rowsOf(world, 'select 1 from tenants')).toHaveLength(2);

    const done = await hub('--apply', '--report', at('report.csv'));
    expect(done).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${many} new, 1 changed, 0 unchanged, 2 refused.\n`),
    });
    expect((await stat(at('report.csv'))).mode & 0o777).toBe(0o600);
    const report = (await readFile(at('report.csv'), 'utf8')).split('\r\n');
    expect(report[0]).toBe('line,orgno,tenantId,outcome,why,invitation');
    expect(report.filter((line) => line.includes(',created,'))).toHaveLength(many);
    expect(report.filter((line) => line.includes(',refused,'))).toHaveLength(2);
    expect(await rowsOf(world, 'select 1 from tenants')).toHaveLength(many + 2);

    const again = await hub('--apply', '--report', at('again.csv'), '--json');
    expect(again.stdout.match(/"what":"unchanged"/g)).toHaveLength(many + 1);
    expect(await rowsOf(world, `select 1 from audit where action = 'tenant.created'`)).toHaveLength(many + 2);

    const told = await until('each to be looked at', async () => {
      const known = await overview(world);
      return numbers.every((orgno) => known.has(orgno)) && known;
    });
    const ready = await readyAt(world);
    expect(numbers.filter((orgno) => told.get(orgno))).toEqual(numbers.filter((orgno) => ready.has(orgno)));
    expect(numbers.filter((orgno) => ready.has(orgno))).toHaveLength(many / 4);
  },
  { HUB_PROBES_PER_SECOND: '1000' },
);

onceTest(
  'an import that is stopped finishes the rows under way, says how to go on, and goes on',
  async (world) => {
    const numbers = orgnos(12);
    const at = await given(numbers.map((orgno, place) => `${orgno};Bank ${place};;`));
    // Somebody else is about to add some of them, and nobody knows yet whether he will.
    const other = new pg.Client({ connectionString: world.adminUrl });
    await other.connect();
    await other.query('begin');
    for (const orgno of numbers.slice(3, 7))
      await other.query(
        `insert into tenants (id, orgno, name, hmac_key_sealed, created_at, updated_at) values (gen_random_uuid(), $1, 'x', '', now(), now())`,
        [orgno],
      );
    const words = ['tenants', 'import', at('banks.csv'), '--apply', '--report'];
    const running = startHub([...words, at('one.csv')], settings(world));
    const created = async (name: string) =>
      (await readFile(at(name), 'utf8').catch(() => '')).match(/,created,/g)?.length;
    await until('three to be done and four under way', async () => (await created('one.csv')) === 3);
    running.kill('SIGINT');
    await until('it to have heard', () => running.said.stderr.includes('Stopping'));
    await other.query('rollback');
    await other.end();
    const stopped = await running.ended;
    expect(stopped).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('7 new, 0 changed, 0 unchanged, 0 refused.'),
    });
    expect(stopped.stderr).toContain('5 of 12 rows are left: the same command again goes on with them');
    const again = await startHub([...words, at('two.csv')], settings(world)).ended;
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('5 new, 0 changed, 7 unchanged') });
    expect((await startHub([...words, at('two.csv')], settings(world)).ended).stderr).toContain('is there already');
  },
  // One for each row that waits for somebody else, and some for those before them.
  { HUB_DATABASE_CONNECTIONS: '48' },
);

onceTest('who is new is invited once, each in its language, and the links stand in the report alone', async (world) => {
  const [first = '', second = ''] = orgnos(2);
  const at = await given([]);
  await writeFile(at('banks.csv'), `orgno,name,language\n${first},En,nynorsk\n${second},To,\n`);
  const hub = (report: string, ...more: string[]) =>
    startHub(
      ['tenants', 'import', at('banks.csv'), '--invite', '--language', 'en', ...more, '--report', at(report)],
      settings(world),
    ).ended;
  const done = await hub('one.csv', '--apply');
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('is invited') });
  const links = (await readFile(at('one.csv'), 'utf8')).match(/http\S+\/invitation\/[\w-]{43}/g) ?? [];
  expect(links).toHaveLength(2);
  for (const link of links) {
    expect((await fetch(link)).status).toBe(200);
    expect(`${done.stdout}${done.stderr}`).not.toContain(link);
  }
  const spoken = await rowsOf(
    world,
    'select t.orgno, i.language from invitations i join tenants t on t.id = i.tenant_id order by t.orgno',
  );
  expect(spoken).toEqual([
    { orgno: first, language: 'nn' },
    { orgno: second, language: 'en' },
  ]);
  expect((await hub('two.csv')).stdout).toContain('There is nothing to do.');
});

onceTest('the API imports as the command does, and plans unless it is told otherwise', async (world) => {
  const { call } = world;
  const [orgno = '', person] = [orgnos(1)[0], '25922947409'];
  const rows = [
    { orgno, name: 'Banken' },
    { orgno: person, name: 'En person' },
  ];
  const ask = (more = {}) => call('operator', 'POST', '/operator/v1/tenants/import', { rows, ...more });
  const { body } = await ask();
  expect(body).toMatchObject({
    items: [
      { orgno, what: 'new', tenantId: null, problem: null },
      { orgno: null, what: 'refused', problem: { type: '/problems/organization-number-invalid' } },
    ],
  });
  expect((await ask({ dryRun: false })).body).toMatchObject({
    items: [{ what: 'new', tenantId: expect.any(String) }, {}],
  });
  expect((await ask()).body).toMatchObject({ items: [{ what: 'unchanged' }, {}] });
  expect(JSON.stringify(body)).not.toContain(person);
});
