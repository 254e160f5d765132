import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { controlCalls } from '../../src/sandbox/control/control-calls.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { nationalNumber, wholeToken } from '../support/not-for-logs.ts';
import { bank, dataScope, firstKey, openNeighbour, operator, person, personUrn, writeScope } from './neighbour.ts';

const newBank = '314000005';
const room = new URL('../../src/sandbox/', import.meta.url);
const sources = readdirSync(room, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, depth: name.split('/').length - 1, source: readFileSync(new URL(name, room), 'utf8') }));

test('one call makes an organisation ready from the first token to the data', async () => {
  const { control, token, create, requestBody, data } = await openNeighbour();
  const onboarded = await control('POST', 'onboard', { orgno: newBank, name: 'Ny bank' });
  expect(onboarded.body.scopes).toContain(dataScope);
  const id = randomUUID();
  const to = `urn:altinn:organization:identifier-no:${newBank}`;
  expect(await create(await token({ consumer_org: newBank }), requestBody({ id, to }))).toMatchObject({ status: 201 });
  await control('POST', `consents/${id}/accept`);
  const authorization_details = [{ type: 'urn:altinn:consent', id, from: personUrn() }];
  const bearer = await token({ consumer_org: newBank, scope: dataScope, authorization_details });
  expect((await data(bearer, `skatteetaten/inntekt/${person}`)).status).toBe(200);
});

test('the operator can be a tenant of its own, and then asks without consumer_org', async () => {
  const { control, ask } = await openNeighbour();
  expect((await ask()).status).toBe(403);
  await control('POST', 'onboard', { orgno: operator, name: 'Samtykkehuben' });
  expect((await ask()).status).toBe(200);
});

test('a taken port is told at the start', async () => {
  const { url, clock } = await openNeighbour();
  const again = startSandbox({ port: Number(new URL(url).port), clock, log: silentLog, operatorOrgno: operator });
  await expect(again).rejects.toThrow('EADDRINUSE');
});

test('the world is shown whole, with national numbers masked', async () => {
  const { control } = await openNeighbour();
  const { body } = await control('GET', 'world');
  expect(JSON.stringify(body)).not.toMatch(nationalNumber);
  expect(body).toMatchObject({
    operatorOrgno: '310149942',
    persons: [{ id: '259229*****', name: 'Syntetisk person 1' }, {}, {}],
    clients: [{ clientId: 'hub', keys: [{ kid: 'one' }] }],
  });
  expect(body.grants).toContainEqual({ orgno: bank, scope: writeScope });
});

test('what was sent is shown decoded: claims instead of tokens', async () => {
  const { control, token, create, requestBody } = await openNeighbour();
  const bearer = await token();
  const [first] = (await control('GET', 'calls')).body as unknown as { seq: number }[];
  await create(bearer, requestBody({ redirectUrl: 'https://bank.example/seen' }));
  const all = (await control('GET', 'calls')).body as unknown as object[];
  expect(all).toMatchObject([
    {
      on: 'token',
      method: 'POST',
      status: 200,
      body: { assertion: { header: { kid: 'one' }, claims: { consumer_org: bank } } },
    },
    {
      on: 'create',
      status: 201,
      headers: { authorization: { claims: { scope: writeScope } } },
      body: { redirectUrl: 'https://bank.example/seen' },
    },
  ]);
  expect(JSON.stringify(all)).not.toMatch(wholeToken);
  expect((await control('GET', `calls?since=${first?.seq}`)).body).toHaveLength(1);
  expect((await control('GET', 'calls?on=token')).body).toHaveLength(1);
  await control('DELETE', 'calls');
  await control('POST', 'calls/recording', { on: false });
  await token();
  expect((await control('GET', 'calls')).body).toMatchObject([{ on: 'token', body: null }]);
});

test('a private key, an unknown scope and a wrong number are not taken', async () => {
  const { control } = await openNeighbour();
  const secret = { ...firstKey.jwk, ...firstKey.privateKey.export({ format: 'jwk' }) };
  const client = { clientId: 'x', scopes: [writeScope] };
  expect((await control('POST', 'clients', { ...client, jwks: { keys: [secret] } })).status).toBe(400);
  expect(await control('POST', 'clients', { ...client, scopes: ['no:such'] })).toMatchObject({
    body: { error: 'scope-unknown' },
  });
  expect((await control('POST', 'persons', { id: '25922947408' })).status).toBe(400);
  expect((await control('PUT', `grants/123456789/${encodeURIComponent(writeScope)}`)).status).toBe(400);
  expect((await control('POST', 'persons', { id: '01819010001' })).body).toMatchObject({ id: '018190*****' });
});

test('the clock moves for all at once', async () => {
  const { control, clock } = await openNeighbour();
  expect(await control('POST', 'clock', { advanceMs: 60_000 })).toMatchObject({
    body: { now: '2026-02-03T10:01:00.000Z' },
  });
  expect(clock.now().toISOString()).toBe('2026-02-03T10:01:00.000Z');
  expect(await control('GET', 'clock')).toMatchObject({ body: { now: '2026-02-03T10:01:00.000Z' } });
});

test('the overview names every control call, and its styles come from here', async () => {
  const { url } = await openNeighbour();
  const response = await fetch(`${url}/sandbox`);
  const page = await response.text();
  expect(response.headers.get('content-security-policy')).not.toContain('script');
  const named = controlCalls.map(({ call }) => call).join('\n');
  const routes = sources.flatMap(({ source }) =>
    [...source.matchAll(/router\.\w+\(\s*['`](\/sandbox\/(?!assets)[^'`$]*)['`,]/g)].map(([, path = '']) => path),
  );
  expect(routes.length).toBeGreaterThan(25);
  for (const path of routes) expect(named).toContain(path.replace(/:(\w+)/g, '{$1}'));
  for (const [, href = ''] of page.matchAll(/rel="stylesheet" href="([^"]+)"/g)) {
    expect((await fetch(`${url}${href}`)).status).toBe(200);
  }
});

test('the sandbox takes nothing from the rest of the house but lib', () => {
  expect(sources.length).toBeGreaterThan(30);
  const climbing = sources.flatMap(({ depth, source }) =>
    [...source.matchAll(/from '((?:\.\.\/)+)([^']+)'/g)]
      .filter(([, up = '']) => up.length / 3 > depth)
      .map(([, , rest]) => rest),
  );
  expect(climbing.filter((path) => !path?.startsWith('lib/'))).toEqual([]);
});
