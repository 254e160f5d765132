import { expect, test } from 'vitest';
import { hal, openAltinn2Neighbour, year } from './altinn2-neighbour.ts';
import type { Answer } from './neighbour.ts';

type Page = {
  _embedded: { consentRequests: { AuthorizationCode: string; RequestStatus: string; _links: object }[] };
  _links: { self: { href: string }; next?: { href: string } };
  continuationtoken?: string;
};
const pageOf = ({ body }: Answer) => body as unknown as Page;
const codesOf = (answer: Answer) => pageOf(answer)._embedded.consentRequests.map((one) => one.AuthorizationCode);

test('a list goes on from its last change, and what has changed since stands at its end', async () => {
  const { created, list, does, send, as } = await openAltinn2Neighbour();
  const codes = [await created(), await created(), await created()];
  const first = await list('?$top=2');
  expect(codesOf(first)).toEqual(codes.slice(0, 2));
  expect(pageOf(first).continuationtoken).toMatch(/^2026-02-03T11:00:00\.\d{3}_\d+$/);
  await does(codes[0] ?? '', 'accept');

  const next = pageOf(first)._links.next?.href ?? '';
  const path = new URL(next).pathname + new URL(next).search;
  const headers = { ...(await as('altinn:consentrequests.read')), ...hal };
  const second = await send('GET', path, undefined, headers);
  expect(codesOf(second)).toEqual([codes[2], codes[0]]);
  expect(pageOf(second)._embedded.consentRequests[1]?.RequestStatus).toBe('Accepted');

  const rest = await list(`?continuation=${pageOf(second).continuationtoken}`);
  expect(codesOf(rest)).toEqual([]);
  expect(pageOf(rest)._links).not.toHaveProperty('next');
  expect(pageOf(rest)).not.toHaveProperty('continuationtoken');
  // The other spelling, of the OpenAPI document.
  const colon = pageOf(first).continuationtoken?.replace('.', ':');
  expect(codesOf(await list(`?Continuation=${colon}`))).toEqual([codes[2], codes[0]]);
  expect((await list('?continuation=yesterday')).status).toBe(400);
});

test('it can be narrowed by service, status and direction', async () => {
  const { created, list, does } = await openAltinn2Neighbour();
  const both = await created();
  const one = await created({ RequestResources: [year] });
  const rejected = await created({ RequestResources: [year] });
  await does(rejected, 'reject');
  await does(one, 'open');
  expect(codesOf(await list('?serviceCode=4804&serviceEditionCode=210607'))).toEqual([both]);
  expect(codesOf(await list('?ServiceCode=4628'))).toHaveLength(3);
  expect(codesOf(await list('?status=opened&status=rejected'))).toEqual([rejected, one]);
  expect(codesOf(await list('?status[0]=unopened&status[1]=accepted'))).toEqual([both]);
  expect(codesOf(await list('?direction=outgoing'))).toHaveLength(3);
  expect(codesOf(await list('?direction=incoming'))).toEqual([]);
  expect((await list('?status=revoked')).status).toBe(400);
});

test('without HAL it is a bare array', async () => {
  const { created, list } = await openAltinn2Neighbour();
  const code = await created();
  const { body } = await list('', { accept: 'application/json' });
  expect(body).toMatchObject([{ AuthorizationCode: code, OfferedBy: '259229*****' }]);
  expect(JSON.stringify(body)).not.toContain('_links');
});

test('a page has so many entries, and a lag keeps young changes out', async () => {
  const { created, list, control, clock } = await openAltinn2Neighbour();
  for (let count = 0; count < 3; count += 1) await created();
  await control('POST', 'settings', { altinn2PageSize: 2, altinn2ListLagMs: 30_000 });
  expect(codesOf(await list())).toEqual([]);
  clock.move(31_000);
  expect(codesOf(await list())).toHaveLength(2);
});

test('a pending request can be withdrawn and is gone; one that was answered stays', async () => {
  const { created, withdraw, read, list, does } = await openAltinn2Neighbour();
  const [unopened, opened, accepted] = [await created(), await created(), await created()];
  await does(opened, 'open');
  await does(accepted, 'accept');
  expect((await withdraw(unopened)).status).toBe(204);
  expect((await withdraw(opened)).status).toBe(204);
  expect((await withdraw(accepted)).status).toBe(403);
  expect(await withdraw(unopened)).toMatchObject({ status: 403, body: '' });
  expect(await read(unopened)).toMatchObject({ status: 403, body: '' });
  expect(codesOf(await list())).toEqual([accepted]);
});

test('a request has at most two changes, and its status does not know what became of the consent', async () => {
  const { created, read, does, clock } = await openAltinn2Neighbour();
  const code = await created();
  const seen = async () => (await read(code)).body as unknown as { RequestStatus: string; LastChanged: string };
  expect((await seen()).RequestStatus).toBe('Unopened');
  clock.move(1000);
  await does(code, 'open');
  expect(await seen()).toMatchObject({ RequestStatus: 'Opened', LastChanged: '2026-02-03T11:00:01.000' });
  clock.move(1000);
  await does(code, 'accept');
  const accepted = await seen();
  expect(accepted).toMatchObject({ RequestStatus: 'Accepted', LastChanged: '2026-02-03T11:00:02.000' });
  expect(await does(code, 'reject')).toMatchObject({ status: 409, body: { error: 'answered' } });
  clock.move(1000);
  await does(code, 'revoke');
  await does(code, 'open');
  expect(await seen()).toEqual(accepted);
  clock.move(2 * 86_400_000);
  expect(await seen()).toEqual(accepted);
});
