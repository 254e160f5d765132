import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { PlanRow } from '../../src/domain/import-plan.ts';
import { openNeighbour } from '../clients/neighbour.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { openPort } from '../support/open-port.ts';
import { rowsOf } from '../usecases/rows.ts';
import { productionSettings, runHub } from './run-hub.ts';

let database: FreshDatabase;
let neighbour: Awaited<ReturnType<typeof openNeighbour>>;
beforeEach(async () => {
  database = await freshDatabase();
  onTestFinished(() => database.drop());
  neighbour = await openNeighbour();
});

const run = (words: string[], change: NodeJS.ProcessEnv = {}) =>
  runHub(['services', ...words], {
    DATABASE_URL: database.url,
    HUB_SANDBOX_PORT: new URL(neighbour.url).port,
    ...change,
  });

/** Its plan, by key; and that it says nothing else. */
const plan = async (words: string[], change?: NodeJS.ProcessEnv) => {
  const { code, stdout, stderr } = await run([...words, '--json'], change);
  expect(stderr).toBe('');
  const rows = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as PlanRow]));
  return { code, rows, of: (key: string) => rows.find((row) => row.key === key) };
};

const kept = () =>
  rowsOf<{ key: string; data_scope: string; metadata: string[]; max_validity_days: number | null }>(
    database,
    'select key, data_scope, metadata, max_validity_days from services order by key',
  );

const income = 'ske-samtykke-sbl-inntekt';

test('a plan changes nothing; applied it is done, and there is nothing left to do; the audit tells of it', async () => {
  const told = await run(['import', '--catalogue']);
  expect(told.stdout).toMatch(/^\+ 4628_210607 +new +henniiing/m);
  expect(told.stdout).toMatch(/at most 10 days less 61 minutes; message not allowed; template sblanesoknad/);
  expect(told.stdout).toMatch(/^✗ samtykke-laanesoeknad +refused/m);
  expect(told.stdout).toMatch(/services wait for --apply\.\n$/);
  expect(await kept()).toEqual([]);

  const applied = await plan(['import', '--catalogue', '--apply']);
  const many = (rows: PlanRow[], what: PlanRow['what']) => rows.filter((row) => row.what === what).length;
  expect(await kept()).toHaveLength(many(applied.rows, 'new'));
  expect(applied.code).toBe(0); // though some want words of the operator’s own
  const again = await plan(['import', '--catalogue', '--apply']);
  expect(many(again.rows, 'unchanged')).toBe(many(applied.rows, 'new'));
  const audit = await rowsOf(database, `select target from audit where actor_id = 'services import'`);
  expect(audit).toHaveLength(many(applied.rows, 'new'));
});

test('from the registry come names and template, from the catalogue what it knows beside; what nobody knows is said', async () => {
  await neighbour.control('PUT', 'resources/new-one', { metadata: ['Navn'], template: 'poa' });
  await neighbour.control('PUT', 'resources/clash', { metadata: ['navn', 'Navn'] });
  const { code, of } = await plan([
    'import',
    '--data-scope',
    'new-one=their:scope',
    '--data-scope',
    'gone=their:scope',
  ]);
  expect(code).toBe(1);
  expect(of(income)).toMatchObject({
    what: 'new',
    source: 'resource registry, catalogue',
    service: { dataScope: 'skatteetaten:inntekt', maxValidityDays: 10, template: 'sblanesoknad' },
  });
  expect(of('new-one')).toMatchObject({ what: 'new', service: { dataScope: 'their:scope', metadata: ['Navn'] } });
  expect(of('clash')).toMatchObject({ what: 'refused', why: expect.stringContaining('navn and Navn') });
  expect(of('gone')).toMatchObject({ what: 'refused', why: 'is not among what is imported' });
});

test('what was made of a service of Altinn 2 has its data, and a name that nobody imports is told', async () => {
  await neighbour.control('PUT', 'resources/skd_4628_210607', { metadata: ['inntektsaar'], altinn2: '4628_210607' });
  await neighbour.control('PUT', 'resources/skd_4804_210607', { metadata: ['fraogmed', 'tilogmed'] });
  const { of } = await plan(['import', 'skd_4628_210607', 'skd_4804_210607', '--take', 'anything']);
  const common = { generation: 'altinn3', maxValidityDays: 10, template: 'default' };
  const taxBasis = 'skatteetaten:summertskattegrunnlag';
  expect(of('skd_4628_210607')).toMatchObject({ what: 'new', service: { ...common, dataScope: taxBasis } });
  expect(of('skd_4804_210607')).toMatchObject({
    what: 'new',
    service: { ...common, dataScope: 'skatteetaten:inntekt' },
  });
  expect(of('anything')).toMatchObject({ what: 'refused', source: '--take' });
});

test('what was edited since stays and is told, what the registry changed is taken, and --take lets go of the rest', async () => {
  await plan(['import', income, '--apply']);
  await rowsOf(database, `update services set data_scope = 'ours:scope', max_validity_days = 30`);
  await neighbour.control('PUT', `resources/${income}`, { metadata: ['fraogmed', 'tilogmed', 'hvorfor'] });
  const { stdout } = await run(['import', income, '--apply']);
  expect(stdout).toContain('metadata: fraogmed, tilogmed → fraogmed, tilogmed, hvorfor');
  expect(stdout).toContain('dataScope stays ours:scope, which is yours; the source says skatteetaten:inntekt');
  const row = { key: income, metadata: ['fraogmed', 'tilogmed', 'hvorfor'] };
  expect(await kept()).toEqual([{ ...row, data_scope: 'ours:scope', max_validity_days: 30 }]);
  await plan(['import', income, '--take', income, '--apply']);
  expect(await kept()).toEqual([{ ...row, data_scope: 'skatteetaten:inntekt', max_validity_days: 10 }]);
});

test('unknown and foreign names are said, and the rest goes on', async () => {
  const { code, of } = await plan(['import', 'none', 'sandbox-skatteetaten-data', income, income, '--apply']);
  expect(code).toBe(1);
  expect(of('none')).toMatchObject({ what: 'refused', why: 'the registry does not know it' });
  expect(of('sandbox-skatteetaten-data')).toMatchObject({ why: 'is there, and is no consent resource' });
  expect((await kept()).map(({ key }) => key)).toEqual([income]);
});

test('a registry that does not answer, or answers nonsense, is said to', async () => {
  await neighbour.control('POST', 'faults', { on: 'registry', times: 1, fault: { kind: 'status', status: 503 } });
  expect((await run(['import'])).stdout).toMatch(/answered 503, and no list\n/);
  const nowhere = `http://127.0.0.1:${await openPort()}/`;
  const { code, of } = await plan(['import', income], { RESOURCE_REGISTRY_URL: nowhere });
  expect(code).toBe(1);
  expect(of(income)).toMatchObject({ why: expect.stringContaining('ECONNREFUSED') });
});

test('production does not take what was seen in the test environment alone', async () => {
  const settings = await productionSettings(database.url);
  const { of } = await plan(['import', '--catalogue'], settings);
  expect(of('enkelt-samtykke')).toMatchObject({ what: 'refused', why: 'is of the test environment' });
  expect(of('4628_210607')).toMatchObject({ what: 'new' });
});

test.each([
  [['export'], /^hub services import/],
  [['import', '--catalogue', income], /name no resources beside it/],
  [['import', '--data-scope', 'no-scope'], /--data-scope is <key>=<scope>/],
  [['import', '25922947409'], /a resource or key is letters/],
  [['import', '--everything'], /^hub services import/],
])('words that are not understood: %j', async (words, told) => {
  const { code, stderr } = await run(words);
  expect(code).toBe(2);
  expect(stderr).toMatch(told);
  expect(stderr).not.toContain('25922947409');
});
