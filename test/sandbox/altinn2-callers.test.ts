import { expect, test } from 'vitest';
import {
  bank,
  hal,
  openAltinn2Neighbour,
  operator,
  operatorApiKey,
  readTokens,
  writeTokens,
} from './altinn2-neighbour.ts';
import { department, firstKey, type Neighbour, writeScope } from './neighbour.ts';

const requests = '/altinn2/api/consentRequests';
const otherKey = '0a17e2aa-5a4d-4b0c-8000-0000000000aa';
const notAuthenticated = 'Authorization failed: There is no authenticated organization number set on this request.';

/** The reason phrase, which `fetch` shows as `statusText`. */
const reasonOf = async ({ url }: Pick<Neighbour, 'url'>, path: string, headers: Record<string, string>) => {
  const response = await fetch(`${url}${path}`, { headers });
  return [response.status, response.statusText, await response.text()];
};

test('the key is asked for first, then the token; both refusals speak in the reason phrase', async () => {
  const neighbour = await openAltinn2Neighbour();
  const headers = await neighbour.as('altinn:consentrequests.read');
  const reason = (given: Record<string, string>) => reasonOf(neighbour, requests, given);
  expect(await reason({ authorization: headers.authorization ?? '' })).toEqual([
    400,
    "Required header 'ApiKey' is missing.",
    '',
  ]);
  expect(await reason({ apikey: operatorApiKey })).toEqual([401, notAuthenticated, '']);
  expect(await reason({ ...headers, authorization: 'Bearer not.a.token' })).toEqual([401, notAuthenticated, '']);
  expect((await reason({ ...headers, apikey: otherKey })).slice(0, 1)).toEqual([403]);
  expect((await reason({ ...headers, apikey: operatorApiKey.toUpperCase() }))[0]).toBe(200);
  neighbour.clock.move(131_000);
  expect(await reason(headers)).toEqual([401, expect.stringContaining('IDX10223'), '']);
});

test('a blocked key, a key of another organisation and one without OrgNrMustMatch open nothing', async () => {
  const { control, create } = await openAltinn2Neighbour();
  const status = async (key: string) => (await create({}, { ...hal, apikey: key })).status;
  await control('POST', 'altinn2/api-keys', { key: otherKey, orgno: bank, redirectHosts: ['hub.example'] });
  expect(await status(otherKey)).toBe(403);
  await control('POST', 'altinn2/api-keys', {
    key: otherKey,
    orgno: operator,
    redirectHosts: ['hub.example'],
    orgNrMustMatch: false,
  });
  expect(await status(otherKey)).toBe(403);
  expect(await status(operatorApiKey)).toBe(201);
  await control('DELETE', `altinn2/api-keys/${operatorApiKey}`);
  expect(await status(operatorApiKey)).toBe(403);
});

test('each call wants its own scope', async () => {
  const { send, as, body, created } = await openAltinn2Neighbour();
  const code = await created();
  const status = async (method: string, path: string, scope: string, sent?: object) =>
    (await send(method, path, sent, await as(scope))).status;
  expect(await status('POST', requests, 'altinn:consentrequests.read', body())).toBe(403);
  expect(await status('GET', requests, writeScope)).toBe(403);
  expect(await status('GET', `${requests}/${code}`, writeScope)).toBe(403);
  expect(await status('DELETE', `${requests}/${code}`, 'altinn:consentrequests.read')).toBe(403);
  expect(await status('GET', `/altinn2/api/authorization/token/${code}`, writeScope)).toBe(403);
});

test('what the scopes for tokens are called is a switch', async () => {
  const { send, as, accepted, control } = await openAltinn2Neighbour();
  const code = await accepted();
  const status = async (scope: string) =>
    (await send('GET', `/altinn2/api/authorization/token/${code}`, undefined, await as(scope))).status;
  const all = async () => [await status('altinn:consenttokens'), await status(readTokens), await status(writeTokens)];
  expect(await all()).toEqual([200, 200, 403]);
  await control('POST', 'settings', { altinn2TokenScopes: 'bare' });
  expect(await all()).toEqual([200, 403, 403]);
  await control('POST', 'settings', { altinn2TokenScopes: 'suffixed' });
  expect(await all()).toEqual([403, 200, 403]);
});

test('HandledBy is the supplier that calls and CoveredBy the consumer of its token, or nothing is told', async () => {
  const { create } = await openAltinn2Neighbour();
  const answered = async (changes: object) => {
    const { status, body } = await create(changes);
    return [status, body];
  };
  expect(await answered({ HandledBy: undefined })).toEqual([403, '']);
  expect(await answered({ HandledBy: '910514318' })).toEqual([403, '']);
  expect(await answered({ HandledBy: bank })).toEqual([403, '']);
  expect(await answered({ CoveredBy: department })).toEqual([403, '']);
  expect(await answered({ CoveredBy: operator })).toEqual([403, '']);
});

test('a supplier sees what it made for the consumer of its token, and the consumer sees all of its own', async () => {
  const neighbour = await openAltinn2Neighbour();
  const { control, created, send, read, list, bearer, ask } = neighbour;
  const code = await created();
  expect((await read(code)).body).toMatchObject({ AuthorizationCode: code, RequestStatus: 'Unopened' });

  // Another supplier of the same bank.
  const supplier = '910514318';
  const readScope = 'altinn:consentrequests.read';
  await control('POST', 'clients', {
    clientId: 'other',
    orgno: supplier,
    scopes: [readScope],
    jwks: { keys: [firstKey.jwk] },
  });
  await control('PUT', `delegations/${bank}/${supplier}/${encodeURIComponent(readScope)}`);
  await control('POST', 'altinn2/api-keys', { key: otherKey, orgno: supplier });
  const theirs = await ask({ iss: 'other', scope: readScope, consumer_org: bank });
  const other = { apikey: otherKey, authorization: `Bearer ${theirs.body.access_token}`, ...hal };
  expect(await send('GET', `${requests}/${code}`, undefined, other)).toMatchObject({ status: 403, body: '' });
  expect((await send('GET', requests, undefined, other)).body).toMatchObject({ _embedded: { consentRequests: [] } });

  // The bank itself.
  const bankKey = '0a17e2aa-5a4d-4b0c-8000-0000000000bb';
  await control('POST', 'clients', {
    clientId: 'bank',
    orgno: bank,
    scopes: [readScope],
    jwks: { keys: [firstKey.jwk] },
  });
  await control('POST', 'altinn2/api-keys', { key: bankKey, orgno: bank });
  const own = await ask({ iss: 'bank', scope: readScope });
  const asBank = { apikey: bankKey, authorization: `Bearer ${own.body.access_token}`, ...hal };
  expect((await send('GET', `${requests}/${code}`, undefined, asBank)).status).toBe(200);

  // Another bank of the same supplier.
  await control('POST', 'onboard', { orgno: '314000005', name: 'Ny bank' });
  const forOther = { apikey: operatorApiKey, authorization: `Bearer ${await bearer(readScope, '314000005')}` };
  expect((await send('GET', `${requests}/${code}`, undefined, forOther)).status).toBe(403);
  expect((await list()).body).toMatchObject({ _embedded: { consentRequests: [{ AuthorizationCode: code }] } });
});

test('without a delegation a supplier acts where every data source has named it in the rights register', async () => {
  const { control, send, body, ask } = await openAltinn2Neighbour();
  await control('POST', 'onboard', { orgno: operator, name: 'Samtykkehuben' });
  const { body: answered } = await ask({ scope: writeScope });
  const own = { apikey: operatorApiKey, authorization: `Bearer ${answered.access_token}`, ...hal };
  const asked = () => send('POST', requests, body(), own);
  expect((await asked()).status).toBe(403);
  await control('PUT', `altinn2/srr/4628_210607/${bank}`, { handledBy: operator });
  expect((await asked()).status).toBe(403);
  await control('PUT', `altinn2/srr/4804_210607/${bank}`, { handledBy: operator });
  const { status, body: made } = await asked();
  expect(status).toBe(201);
  const code = String(made.AuthorizationCode);
  await control('POST', `altinn2/requests/${code}/accept`);
  // The key alone will do then.
  const token = `/altinn2/api/authorization/token/${code}`;
  expect((await send('GET', token, undefined, { apikey: operatorApiKey })).status).toBe(200);
  await control('PUT', `altinn2/srr/4804_210607/${bank}`);
  expect((await send('GET', token, undefined, { apikey: operatorApiKey })).status).toBe(403);
});
