import { expect, test } from 'vitest';
import { bank, months, openAltinn2Neighbour, person, year } from './altinn2-neighbour.ts';
import { orgUrn, personUrn, writeScope } from './neighbour.ts';

test('Altinn moves consents to Altinn 3 as they were: same ids, names in lower case, resources named by code and edition', async () => {
  const { accepted, control, get, token, read } = await openAltinn2Neighbour();
  const code = await accepted();
  expect((await get(await token({ scope: writeScope }), code)).status).toBe(404);
  const moved = await control('POST', 'altinn2/migrate', { code });
  expect(moved.body).toMatchObject([{ id: code, status: 'Accepted' }]);
  const { body } = await get(await token({ scope: writeScope }), code);
  expect(body).toMatchObject({
    id: code,
    from: personUrn(person),
    to: orgUrn(bank),
    status: 'Accepted',
    redirectUrl: 'https://hub.example/callback/x1',
    consentRights: [
      { resource: [{ value: `skd_${year.ServiceCode}_210607` }], metadata: { inntektsaar: '2024' } },
      {
        resource: [{ value: `skd_${months.ServiceCode}_210607` }],
        metadata: { fraogmed: '2024-01', tilogmed: '2024-12' },
      },
    ],
    consentRequestEvents: [{ eventType: 'Created' }, { eventType: 'Accepted' }],
  });
  expect((await read(code)).status).toBe(200);
  const { body: resource } = await control('GET', '../altinn3/resourceregistry/api/v1/resource/skd_4628_210607');
  expect(resource).toMatchObject({
    consentMetadata: { inntektsaar: {} },
    resourceReferences: [
      { referenceSource: 'Altinn2', referenceType: 'ServiceCode', reference: '4628' },
      { referenceSource: 'Altinn2', referenceType: 'ServiceEditionCode', reference: '210607' },
    ],
  });
});

test('what was used, taken back and declined is told by events; moved again nothing changes', async () => {
  const { accepted, created, control, get, token, does, logUse, events, clock } = await openAltinn2Neighbour();
  const used = await accepted();
  await logUse(used);
  const revoked = await accepted();
  await does(revoked, 'revoke');
  const declined = await created();
  await does(declined, 'reject');
  const waiting = await created();
  await control('POST', 'altinn2/migrate', { coveredBy: bank });
  await control('POST', 'altinn2/migrate');
  const bearer = await token({ scope: writeScope });
  const lives = await Promise.all(
    [used, revoked, declined, waiting].map(async (code) => {
      const { body } = await get(bearer, code);
      const told = body['consentRequestEvents'] as unknown as { eventType: string }[];
      return [body['status'], ...told.map(({ eventType }) => eventType)];
    }),
  );
  expect(lives).toEqual([
    ['Accepted', 'Created', 'Accepted', 'Used'],
    ['Revoked', 'Created', 'Accepted', 'Revoked'],
    ['Rejected', 'Created', 'Rejected'],
    ['Created', 'Created'],
  ]);
  clock.move(10 * 60_000);
  const { body } = await events(await token({ scope: writeScope }), '?eventType=used');
  expect(body).toMatchObject({ data: [{ consentRequestId: used }] });
});

test('a code that nobody knows is refused', async () => {
  const { control } = await openAltinn2Neighbour();
  const code = '00000000-0000-4000-8000-000000000001';
  expect(await control('POST', 'altinn2/migrate', { code })).toMatchObject({ status: 404 });
});
