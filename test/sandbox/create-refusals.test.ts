import { expect, test } from 'vitest';
import { bank, department, type Neighbour, openNeighbour, orgUrn, personUrn } from './neighbour.ts';

const right = (value: string, metadata: object = {}, changes: object = {}) => ({
  action: ['consent'],
  resource: [{ type: 'urn:altinn:resource', value }],
  metadata,
  ...changes,
});
const income = (metadata: object = { fraogmed: '2024-01', tilogmed: '2024-12' }) =>
  right('ske-samtykke-sbl-inntekt', metadata);

/** Posts a request that differs from a good one, in the bank's name. */
const creating = async (neighbour: Neighbour) => {
  const bearer = await neighbour.token();
  return (changes: object = {}) => neighbour.create(bearer, neighbour.requestBody(changes));
};
const problemOf = (code: string, extra: object = {}, status = 400) => ({ status, body: { code, ...extra } });

test.each([
  ['an id that is no guid', { id: 'loan-4711' }],
  ['a number whose check digits are wrong', { from: personUrn('25922947408') }],
  ['an organisation number likewise', { to: orgUrn('313876145') }],
  ['a party that is no URN', { from: '25922947409' }],
  ['a missing field', { redirectUrl: undefined }],
  ['a date without offset', { validTo: '2026-07-18T06:18:12' }],
  ['an unknown view mode', { portalViewMode: 'Maybe' }],
])('binding refuses %s, and gives no code', async (_, changes) => {
  const create = await creating(await openNeighbour());
  const { status, body } = await create(changes);
  expect(status).toBe(400);
  expect(body).toMatchObject({ title: 'One or more validation errors occurred.', errors: expect.any(Object) });
  expect(body).not.toHaveProperty('code');
});

test('asking for another consumer, for an unknown resource, or off the access list, is an empty 403', async () => {
  const neighbour = await openNeighbour();
  const create = await creating(neighbour);
  const empty = { status: 403, body: '' };
  expect(await create({ to: orgUrn(department) })).toMatchObject(empty);
  expect(await create({ consentRights: [right('nothing-like-this')] })).toMatchObject(empty);
  expect(await create({ consentRights: [right('sandbox-skatteetaten-data')] })).toMatchObject(empty);
  await neighbour.control('DELETE', `access-lists/ske-samtykke-sbl-inntekt/${bank}`);
  expect(await create()).toMatchObject(empty);
  await neighbour.control('PUT', `access-lists/ske-samtykke-sbl-inntekt/${bank}`);
  expect(await create()).toMatchObject({ status: 201 });
});

test('the first unknown party is told at once, whatever else is wrong', async () => {
  const create = await creating(await openNeighbour());
  const late = { validTo: '2020-01-01T00:00:00Z' };
  const [person, organization] = [personUrn('01819010001'), orgUrn('974760673')];
  expect(await create({ ...late, from: person, requiredDelegator: organization })).toMatchObject(
    problemOf('AM-00004', { fnumber: person }),
  );
  expect(await create({ ...late, requiredDelegator: organization })).toMatchObject(
    problemOf('AM-00003', { orgnr: organization }),
  );
  expect(await create(late)).toMatchObject(problemOf('STD-00000'));
});

test.each<[string, string, object, object]>([
  [
    'AM-00005',
    'two resources in one right',
    { consentRights: [{ ...income(), resource: [income().resource[0], income().resource[0]] }] },
    {},
  ],
  [
    'AM-00008',
    'a declared key that is missing',
    { consentRights: [income({ fraogmed: '2024-01' })] },
    { key: 'tilogmed' },
  ],
  [
    'AM-00006',
    'a key nobody declared',
    { consentRights: [income({ fraogmed: '1', tilogmed: '2', Extra: '3' })] },
    { key: 'extra' },
  ],
  [
    'AM-00007',
    'an empty value',
    { consentRights: [income({ fraogmed: '', tilogmed: '2' })] },
    { 'ConsentRight index: 0, key': 'fraogmed' },
  ],
  [
    'AM-00009',
    'two templates in one request',
    { consentRights: [income(), right('enkelt-samtykke', { simpletag: 'x' })] },
    {},
  ],
])('%s: %s', async (code, _, changes, extra) => {
  const create = await creating(await openNeighbour());
  expect(await create(changes)).toMatchObject(problemOf(code, extra));
});

test.each<[string, string, object]>([
  ['AM.VLD-00022', 'ValidTo', { validTo: '2026-02-03T10:00:00Z' }],
  ['AM.VLD-00023', 'Resource', { consentRights: [] }],
  ['AM.VLD-00027', 'RedirectUrl', { redirectUrl: '/back' }],
  ['STD.VLD-00000', '/consentRight/0/action', { consentRights: [{ ...income(), action: [] }] }],
])('%s at %s is a validation problem', async (code, path, changes) => {
  const create = await creating(await openNeighbour());
  const { status, body, headers } = await create(changes);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect({ status, body }).toMatchObject(problemOf('STD-00000', { validationErrors: [{ code, paths: [path] }] }));
});

test('several validation errors count as one problem; two problems are a 500 that nobody should repeat', async () => {
  const create = await creating(await openNeighbour());
  const late = { validTo: '2020-01-01T00:00:00Z', redirectUrl: '' };
  expect(await create(late)).toMatchObject(
    problemOf('STD-00000', { validationErrors: [{ code: 'AM.VLD-00022' }, { code: 'AM.VLD-00027' }] }),
  );
  const { status, body } = await create({ consentRights: [income({ fraogmed: '1', tilogmet: '2' })] });
  expect(status).toBe(500);
  expect(body).toEqual({
    type: 'https://tools.ietf.org/html/rfc9110#section-15.6.1',
    title: 'An error occurred while processing your request.',
    status: 500,
    detail: 'Multiple problems occurred.',
    code: 'STD-00001',
    problems: [
      { status: 400, detail: 'Invalid consent metadata', code: 'AM-00006', key: 'tilogmet' },
      { status: 400, detail: 'Missing metadata', code: 'AM-00008', key: 'tilogmed' },
    ],
  });
  expect(await create({ ...late, consentRights: [income({ fraogmed: '1' })] })).toMatchObject(
    problemOf('STD-00001', { problems: [{ code: 'AM-00008' }, { code: 'STD-00000' }] }, 500),
  );
});

test('what the server stumbles over is a 500 without a code', async () => {
  const create = await creating(await openNeighbour());
  for (const consentRights of [
    [{ ...income(), resource: [] }],
    [income({ fraogmed: '1', FraOgMed: '2', tilogmed: '3' })],
  ]) {
    const { status, body } = await create({ consentRights });
    expect(status).toBe(500);
    expect(body).not.toHaveProperty('code');
  }
});
