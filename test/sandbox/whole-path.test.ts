import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { bank, dataScope, openNeighbour, operator, person, personUrn } from './neighbour.ts';

test('a supplier asks, the person accepts, and the consent token opens the data', async () => {
  const { token, create, requestBody, control, get, data, decode, url } = await openNeighbour();
  const bearer = await token();
  const id = randomUUID();
  const created = await create(bearer, requestBody({ id }));
  expect(created).toMatchObject({ status: 201, body: { id, status: 'Created' } });
  expect(created.headers.get('location')).toBe(
    `${url}/altinn3/accessmanagement/api/v1/enterprise/consentrequests/${id}`,
  );

  expect(await control('POST', `consents/${id}/accept`)).toMatchObject({ status: 200, body: { status: 'Accepted' } });
  expect(await get(bearer, id)).toMatchObject({ status: 200, body: { status: 'Accepted' } });

  const details = [{ type: 'urn:altinn:consent', id, from: personUrn() }];
  const consentToken = await token({ scope: dataScope, authorization_details: details });
  expect(decode(consentToken)).toMatchObject({
    consumer: { ID: `0192:${bank}` },
    supplier: { ID: `0192:${operator}` },
    authorization_details: [{ id, from: personUrn(), to: { ID: `0192:${bank}` } }],
  });
  const income = await data(consentToken, `skatteetaten/inntekt/${person}`);
  expect(income).toMatchObject({ status: 200, body: { fraOgMed: '2024-01', tilOgMed: '2024-12' } });
  expect(income.body.inntekt).toHaveLength(12);
});
