import { expect, test } from 'vitest';
import { bank, openAltinn2Neighbour, operator, operatorApiKey } from './altinn2-neighbour.ts';
import { firstKey } from './neighbour.ts';

const path = '/altinn2/api/DelegationRequests';
const scopes = ['altinn:delegationrequests.read', 'altinn:delegationrequests.write'];
const scope = 'altinn:consentrequests.write';

/** The supplier, for itself. */
const openSupplier = async () => {
  const neighbour = await openAltinn2Neighbour();
  const { control, ask, send, token } = neighbour;
  await control('POST', 'clients', { clientId: 'own', scopes, jwks: { keys: [firstKey.jwk] } });
  for (const one of scopes) await control('PUT', `grants/${operator}/${encodeURIComponent(one)}`);
  await control('DELETE', `delegations/${bank}/${operator}/${encodeURIComponent(scope)}`);
  const call = async (method: string, rest = '', body?: object, by = method === 'GET' ? scopes[0] : scopes[1]) => {
    const bearer = (await ask({ iss: 'own', scope: by ?? '' })).body.access_token;
    return send(method, `${path}${rest}`, body, { apikey: operatorApiKey, authorization: `Bearer ${bearer}` });
  };
  const wish = (change: object = {}) => ({
    ...{ coveredBy: operator, offeredBy: bank, offeredByName: 'SYNTETISK BANK', requestMessage: 'Hei' },
    ...{
      requestServices: [{ serviceCode: '5601', serviceEditionCode: 1 }],
      redirectUrl: 'https://supplier.example/done',
    },
    ...change,
  });
  return { ...neighbour, call, wish, token };
};

test('a supplier asks a consumer to delegate, follows it, and may use what was delegated', async () => {
  const { call, wish, control, ask } = await openSupplier();
  const made = await call('POST', '', wish());
  expect(made).toMatchObject({ status: 201, body: { RequestStatus: 'Unopened', OfferedBy: bank } });
  const id = String(made.body.DelegationRequestId);
  const status = async () => (await call('GET', `/${id}`)).body.RequestStatus;
  expect((await ask({ consumer_org: bank, scope })).status).toBe(403);
  await control('POST', `altinn2/delegation-requests/${id}/open`);
  expect(await status()).toBe('Opened');
  await control('POST', `altinn2/delegation-requests/${id}/accept`);
  expect(await status()).toBe('Accepted');
  expect((await ask({ consumer_org: bank, scope })).status).toBe(200);
  const list = async (query: string) =>
    (await call('GET', query)).body._embedded as unknown as { delegationRequests: object[] };
  expect((await list('?direction=outgoing&status=accepted')).delegationRequests).toHaveLength(1);
  expect((await list('?direction=outgoing&status=unopened&status=opened')).delegationRequests).toHaveLength(0);
  expect((await list('?direction=incoming')).delegationRequests).toHaveLength(0);
  expect((await call('DELETE', `/${id}`)).status).toBe(204);
  expect((await call('GET', `/${id}`)).status).toBe(403);
});

test('what does not fit is refused with a list, and who asks for another with nothing', async () => {
  const { call, wish, send, token } = await openSupplier();
  for (const change of [
    { offeredByName: 'ANOTHER BANK' },
    { offeredBy: '910514319' },
    { coveredBy: bank },
    { requestServices: [{ serviceCode: '4628', serviceEditionCode: 210607 }] },
    { redirectUrl: 'nowhere' },
    { requestServices: [] },
  ])
    expect(await call('POST', '', wish(change))).toMatchObject({
      status: 400,
      body: [{ ErrorCode: expect.any(String) }],
    });
  expect((await call('POST', '', wish(), scopes[0])).status).toBe(403);
  const delegated = await token({ scope: 'altinn:consentrequests.read' });
  expect(
    (await send('GET', path, undefined, { apikey: operatorApiKey, authorization: `Bearer ${delegated}` })).status,
  ).toBe(403);
  expect((await send('GET', path)).status).toBe(400);
});
