import { expect, onTestFinished, test } from 'vitest';
import { openScopeCatalogue } from '../../../src/clients/selfservice/scope-catalogue.ts';
import { dataScope, openNeighbour, openServer, patience, readScope, sendJson, writeScope } from '../neighbour.ts';

const opened = (baseUrl: string) => {
  const catalogue = openScopeCatalogue({ baseUrl });
  onTestFinished(() => catalogue.close());
  return (scopes: string[]) => catalogue.longestLives(scopes, patience());
};

test('of the scopes asked for it tells the longest life as their owners set it, 0 where they set none', async () => {
  const { url, control } = await openNeighbour();
  await control('PUT', `scopes/${encodeURIComponent(writeScope)}`, { atMaxAge: 30 });
  const lives = opened(`${url}/sandbox`);
  expect(await lives([writeScope, dataScope, 'not:public'])).toEqual({ [writeScope]: 30, [dataScope]: 0 });
});

test('the sandbox tells of a scope what the real catalogue tells', async () => {
  const { url } = await openNeighbour();
  const all = await fetch(`${url}/sandbox/api/v1/scopes/all`);
  const scopes = (await all.json()) as Record<string, unknown>[];
  expect(scopes.find(({ name }) => name === readScope)).toMatchObject({
    prefix: 'altinn',
    subscope: 'consentrequests.read',
    active: true,
    allowed_integration_types: ['maskinporten'],
    owner_orgno: '991825827',
    visibility: 'PUBLIC',
    delegation_source: 'https://tt02.altinn.no/',
    at_max_age: 0,
    accessible_for_all: false,
  });
  const narrowed = await fetch(`${url}/sandbox/api/v1/scopes/all?accessible_for_all=true`);
  expect(await narrowed.json()).toEqual([]);
});

test('an entry that cannot be read takes none of the others with it', async () => {
  const { url } = await openServer((_request, response) =>
    sendJson(response, 200, [
      null,
      { name: writeScope, at_max_age: 'soon' },
      { name: readScope, at_max_age: null },
      { name: dataScope, at_max_age: 120 },
    ]),
  );
  expect(await opened(url)([writeScope, readScope, dataScope])).toEqual({ [readScope]: 0, [dataScope]: 120 });
});

test('the catalogue of production is larger than any other answer, and is read all the same', async () => {
  const entry = { name: 'x:y', long_description: 'x'.repeat(1000), at_max_age: 1 };
  const { url } = await openServer((_request, response) =>
    sendJson(response, 200, [...Array.from({ length: 5000 }, () => entry), { name: dataScope, at_max_age: 7 }]),
  );
  expect(await opened(url)([dataScope])).toEqual({ [dataScope]: 7 });
});

test.each([
  [503, { error: 'busy' }],
  [200, { error: 'no list' }],
])('what answers %d with %j is no catalogue', async (status, body) => {
  const { url } = await openServer((_request, response) => sendJson(response, status, body));
  await expect(opened(url)([dataScope])).rejects.toThrow(/scopes\/all answered/);
});
