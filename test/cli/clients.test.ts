import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWanted } from '../../src/cli/clients/wanted-file.ts';
import type { SyncRow } from '../../src/usecases/selfservice/sync-clients.ts';
import { furnishAdmin, registeredKids } from '../support/admin-client.ts';
import { openWorld } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { rowsOf } from '../usecases/rows.ts';
import { runHub } from './run-hub.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
const file = join(directory, 'clients.json');

beforeAll(async () => {
  world = await openWorld('postgresql', { HUB_DIRECTORY: directory });
  await furnishAdmin(world);
});
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const run = (words: string[] = [], change: NodeJS.ProcessEnv = {}) =>
  runHub(['clients', 'sync', ...words], {
    DATABASE_URL: world.databaseUrl,
    HUB_DIRECTORY: directory,
    HUB_ORGNO: '310149942',
    HUB_SANDBOX_PORT: new URL(world.sandbox.url).port,
    ...change,
  });

/** Its rows by name; and that it says nothing else. */
const rows = async (words: string[] = []) => {
  const { code, stdout, stderr } = await run([...words, '--json']);
  expect(stderr).toBe('');
  const all = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as SyncRow]));
  return { code, of: (name: string) => all.find((row) => row.name === name) };
};

const wanted = { name: 'Loans', purpose: 'data', scopes: ['lanekassen:lan/v1/saldoopplysninger'] };

test('a plan changes nothing; applied, a client is made with a key that Maskinporten takes, and nothing is left to do', async () => {
  writeFileSync(file, JSON.stringify([wanted]));
  const income = await operatorsClient(world, 'Income');
  const foreign = { ...(await income.jwks()).keys[0], kid: 'somebody-elses' };
  await world.sandbox.register(income.clientId, { keys: [...(await income.jwks()).keys, foreign] });
  await world.sandbox.settings({ selfServiceDelaySeconds: 2 });

  const told = await run(['--file', file]);
  expect(told.stderr).toBe('');
  expect(told.stdout).toMatch(/^\+ Loans \(data\) {2}new\n {4}make the client at Digdir, with lanekassen:/m);
  expect(told.stdout).toMatch(/^= Income \(data\) {2}unchanged {2}107c6f58/m);
  expect(told.stdout).toMatch(/keys that the hub does not know stay: somebody-elses \(--prune\)/);
  expect(told.stdout).toMatch(/· skatteetaten:inntekt: is delegated in Altinn\n/);
  expect(told.stdout).toMatch(/^= Self-service \(admin\) .*\n {4}· it signs by certificate/m);
  expect(told).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 client waits for --apply\.\n$/) });
  expect(await rowsOf(world, `select 1 from maskinporten_clients where name = 'Loans'`)).toEqual([]);

  // Its making is interrupted where nobody knows what became of it: it is found again, and not made twice.
  const looks = 7; // at the lists of clients and grants, the keys of the four there are, and the first list once more
  await world.sandbox.fault('selfservice', { kind: 'delay', ms: 0 }, looks);
  await world.sandbox.fault('selfservice', { kind: 'reset', when: 'after' });
  const lost = await run(['--file', file, '--apply'], { HUB_LEASE_SECONDS: '1' });
  expect(lost).toMatchObject({ code: 1, stdout: expect.stringMatching(/selfservice-outcome-unknown/) });
  const { code, of } = await rows(['--file', file, '--apply']);
  expect([code, of('Loans')]).toMatchObject([0, { applied: true, steps: [{ do: 'take-client' }, { do: 'make-key' }] }]);
  const loans = await operatorsClient(world, 'Loans');
  const [key] = (await loans.seen()).keys;
  expect(key).toMatchObject({ state: 'active', provedAt: expect.any(String), listedAt: expect.any(String) });
  expect(await registeredKids(world, loans.clientId)).toEqual([key?.kid]);
  const { clients } = (await (await fetch(`${world.sandbox.url}/sandbox/world`)).json()) as {
    clients: { name: string }[];
  };
  expect(clients.filter(({ name }) => name === 'Loans')).toHaveLength(1);
  expect((await rows(['--file', file])).of('Loans')).toMatchObject({ steps: [], applied: false });
  expect(await registeredKids(world, income.clientId)).toContain('somebody-elses');
});

test('scopes are added, keys that end soon begin their year anew, and what nobody knows goes when asked for', async () => {
  const { sandbox } = world;
  await sandbox.settings({ selfServiceDelaySeconds: 0 });
  const income = await operatorsClient(world, 'Income');
  expect((await world.call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).status).toBe(200);
  const [key] = (await income.seen()).keys;
  const postedAt = new Date((await sandbox.now()).getTime() - 350 * 86_400_000).toISOString();
  await fetch(`${sandbox.url}/sandbox/clients/${income.clientId}/keys/${key?.kid}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ postedAt }),
  });
  const scopes = ['skatteetaten:inntekt', 'skatteetaten:kravogbetalinger'];
  writeFileSync(file, JSON.stringify([{ name: 'Income', purpose: 'data', scopes }]));
  const { code, of } = await rows(['--file', file, '--prune', '--apply']);
  expect([code, of('Income')]).toMatchObject([
    0,
    {
      applied: true,
      steps: [
        { do: 'add-scopes', of: ['skatteetaten:kravogbetalinger'] },
        { do: 'note-scopes', of: scopes },
        { do: 'renew-keys', of: [key?.kid] },
        { do: 'prune-keys', of: ['somebody-elses'] },
      ],
    },
  ]);
  expect(await registeredKids(world, income.clientId)).toEqual([key?.kid]);
  const ends = Date.parse((await income.seen()).keys[0]?.expiresAt ?? '') - (await sandbox.now()).getTime();
  expect(ends / 86_400_000).toBeGreaterThan(364);
  expect((await rows()).of('Income')).toMatchObject({ steps: [] });
});

test.each([
  ['{', '--file: is not JSON'],
  ['{}', '--file: is no list'],
  [
    JSON.stringify([wanted, { ...wanted, purpose: 'admin' }, 7]),
    '--file: entry 2: `purpose` is `consents` or `data`\n--file: entry 3: is no object',
  ],
  [JSON.stringify([{ ...wanted, scopes: ['a b'] }]), '--file: entry 1: `scopes` is a list of scopes'],
  [JSON.stringify([wanted, wanted]), '--file: a name stands there twice'],
])('a file that holds %s is refused whole', async (text, said) => {
  writeFileSync(file, text);
  await expect(readWanted(file)).rejects.toThrow(said);
});

test('whose move it is is said where nothing can be asked', async () => {
  await world.sandbox.settings({ selfServiceTermsSigned: false });
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringMatching(/terms are not signed/) });
  expect((await run(['sink'])).code).toBe(2);
});
