import { expect, onTestFinished, test } from 'vitest';
import { openResourceRegistry } from '../../../src/clients/resource-registry/resource-registry.ts';
import { openNeighbour, openServer, patience, sendJson } from '../neighbour.ts';

const opened = (baseUrl: string) => {
  const registry = openResourceRegistry({ baseUrl });
  onTestFinished(() => registry.close());
  return registry;
};
const path = '/altinn3/resourceregistry/api/v1';

test('it tells of a resource its names, its template and what it was in Altinn 2', async () => {
  const { url, control } = await openNeighbour();
  const { find, list } = opened(`${url}${path}`);
  expect(await find('ske-samtykke-sbl-inntekt', patience())).toEqual({
    id: 'ske-samtykke-sbl-inntekt',
    isConsent: true,
    metadata: ['fraogmed', 'tilogmed'],
    template: 'sblanesoknad',
    status: 'Active',
    isOneTime: false,
  });
  await control('PUT', 'resources/skd_4628_210607', { metadata: ['inntektsaar'], altinn2: '4628_210607' });
  expect(await find('skd_4628_210607', patience())).toMatchObject({
    altinn2: { serviceCode: '4628', serviceEditionCode: 210_607 },
  });
  expect(await find('sandbox-skatteetaten-data', patience())).toMatchObject({ isConsent: false });
  expect(await find('none', patience())).toBeUndefined();
  expect((await list(patience())).map(({ id }) => id)).toContain('skd_4628_210607');
});

test('an entry that cannot be read takes none of the others with it; one that says little is taken for what it says', async () => {
  const { url } = await openServer((_request, response) =>
    sendJson(response, 200, [
      null,
      { identifier: 'odd', consentMetadata: ['a', 'list'], resourceType: 7 },
      { identifier: 'bare', resourceType: 'consent', consentMetadata: null, resourceReferences: null },
      { identifier: 'from-two', resourceType: 'Consent', resourceReferences: [{ referenceType: 'ServiceCode' }] },
    ]),
  );
  const told = { isConsent: true, isOneTime: false, metadata: [] };
  expect(await opened(url).list(patience())).toEqual([
    { id: 'without a name', fault: expect.stringContaining('cannot be read') },
    { id: 'odd', fault: expect.stringContaining('resourceType') },
    { id: 'bare', ...told },
    { id: 'from-two', ...told },
  ]);
});

test.each([
  [503, { error: 'busy' }, /answered 503/],
  [200, { error: 'no list' }, /and no list/],
])('what answers %d with %j is no registry', async (status, body, words) => {
  const { url } = await openServer((_request, response) => sendJson(response, status, body));
  await expect(opened(url).list(patience())).rejects.toThrow(words);
});

test('a registry that is not there is said to be so', async () => {
  await expect(opened('http://127.0.0.1:1').find('any', patience())).rejects.toThrow(
    'no answer from http://127.0.0.1:1: ECONNREFUSED',
  );
});

test('a name cannot lead out of the registry', async () => {
  const asked: (string | undefined)[] = [];
  const { url } = await openServer((request, response) => {
    asked.push(request.url);
    sendJson(response, 404, {});
  });
  await opened(`${url}/api`).find('../../secret?x=1', patience());
  expect(asked).toEqual(['/api/resource/..%2F..%2Fsecret%3Fx%3D1']);
});
