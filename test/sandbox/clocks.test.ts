import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { bank, dataScope, firstKey, openNeighbour, person, personUrn } from './neighbour.ts';

const skewed = async (clockSkewMs: number) => {
  const neighbour = await openNeighbour();
  await neighbour.control('POST', 'settings', { clockSkewMs });
  const here = neighbour.clock.now().getTime() / 1000;
  return { ...neighbour, here, there: here + clockSkewMs / 1000 };
};
const shown = (headers: Headers): string => new Date(headers.get('date') ?? '').toISOString();

test.each([
  ['ahead', 600_000],
  ['behind', -600_000],
])('a Maskinporten whose clock is %s checks grants, dates tokens and shows Date by it', async (_name, skewMs) => {
  const { ask, decode, clock, here, there } = await skewed(skewMs);
  const wrong = await ask({ consumer_org: bank, iat: here, exp: here + 100 });
  expect(wrong.status).toBe(400);
  expect(wrong.body.error_description).toContain(skewMs > 0 ? 'JWT has expired' : 'Issue time is in the future');
  expect(shown(wrong.headers)).toBe(new Date(clock.now().getTime() + skewMs).toISOString());
  const right = await ask({ consumer_org: bank, iat: there, exp: there + 100 });
  expect(right.status).toBe(200);
  expect(decode(String(right.body.access_token))).toMatchObject({ iat: there, exp: there + 120 });
});

test('whoever is shown such a token finds it good as long as it lives, and keeps the right time', async () => {
  const { token, create, requestBody, data, control, clock, here, there } = await skewed(600_000);
  const id = randomUUID();
  const times = { iat: there, exp: there + 100 };
  const created = await create(await token(times), requestBody({ id }));
  expect(created.status).toBe(201);
  expect(shown(created.headers)).toBe(new Date(here * 1000).toISOString());
  await control('POST', `consents/${id}/accept`);
  const authorization_details = [{ type: 'urn:altinn:consent', id, from: personUrn() }];
  const bearer = await token({ ...times, scope: dataScope, authorization_details });
  expect((await data(bearer, `skatteetaten/inntekt/${person}`)).status).toBe(200);
  clock.move(131_000);
  expect((await data(bearer, `skatteetaten/inntekt/${person}`)).status).toBe(401);
});

test('Date is the time here, also where it was moved, and in answers that were told to fail', async () => {
  const { send, control, clock } = await openNeighbour();
  clock.move(3 * 3_600_000);
  const metadata = '/maskinporten/.well-known/oauth-authorization-server';
  expect(shown((await send('GET', metadata)).headers)).toBe(clock.now().toISOString());
  await control('POST', 'faults', { on: 'metadata', fault: { kind: 'html', status: 503 } });
  const failed = await send('GET', metadata);
  expect([failed.status, shown(failed.headers)]).toEqual([503, clock.now().toISOString()]);
});

test('a key is as old as it is said to be: not yet spread, in use, or past its year', async () => {
  const { ask, control, clock } = await openNeighbour();
  const posted = (ageMs: number) =>
    control('PUT', `clients/hub/keys/${firstKey.kid}`, {
      postedAt: new Date(clock.now().getTime() - ageMs).toISOString(),
    });
  const day = 86_400_000;
  expect(await posted(366 * day)).toMatchObject({
    status: 200,
    body: { keys: [{ postedAt: '2025-02-02T10:00:00.000Z' }] },
  });
  expect((await ask({ consumer_org: bank })).body.error_uri).toMatch(/MP-121$/);
  await posted(364 * day);
  expect((await ask({ consumer_org: bank })).status).toBe(200);
  await control('POST', 'settings', { keyPropagationMs: 120_000 });
  await posted(119_000);
  expect((await ask({ consumer_org: bank })).body.error_description).toContain('Unknown key identifier');
  expect((await control('PUT', 'clients/hub/keys/other', { postedAt: '2026-01-01T00:00:00Z' })).status).toBe(404);
  expect((await control('PUT', `clients/hub/keys/${firstKey.kid}`, { postedAt: 'yesterday' })).status).toBe(400);
});
