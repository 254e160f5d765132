import { expect, onTestFinished, test } from 'vitest';
import { openSelfService } from '../../../src/clients/selfservice/self-service.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { openServer, patience, sendJson } from '../neighbour.ts';

const opened = async (answer: Parameters<typeof openServer>[0]) => {
  const { url } = await openServer(answer);
  const api = openSelfService({ baseUrl: url, log: silentLog });
  onTestFinished(() => api.close());
  return api;
};

const seen = {
  timestamp: '2025-07-02T08:30:00.000000000Z',
  correlation_id: 'b496e785cbd430eee802c1eaafa76f46',
  errors: [{ errorMessage: 'kid must be unique', isFieldError: true, objectName: 'Client', fieldIdentifier: 'keys' }],
  error: ', kid must be unique',
  error_description: ', kid must be unique',
};
const key = { kid: 'a', jwk: { kty: 'RSA', kid: 'a', n: 'n', e: 'AQAB' } };

test.each([
  [400, seen, 'selfservice-refused', /answered 400: kid must be unique$/],
  [401, { error: 'invalid_token' }, 'selfservice-access-missing', /invalid_token/],
  [403, '', 'selfservice-access-missing', /answered 403\.$/],
  [404, '', 'selfservice-refused', /answered 404/],
  [409, { error: 'conflict' }, 'selfservice-refused', /conflict/],
  [428, { error: 'PRECONDITION_REQUIRED' }, 'selfservice-terms-unsigned', /not signed/],
  [429, '', 'selfservice-unavailable', /429/],
  [503, '<html>', 'selfservice-outcome-unknown', /503/],
] as const)('a change that is answered %d with %j: whose move it is', async (status, body, code, says) => {
  const api = await opened((_request, response) => sendJson(response, status, body));
  const refused = await api.writeKeys('t', 'client', [key], patience()).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code, detail: expect.stringMatching(says) });
});

test('a change without an answer may have been made, a look without one changes nothing', async () => {
  const api = await opened((request) => void request.socket.destroy());
  const write = api.writeKeys('t', 'client', [key], patience());
  await expect(write).rejects.toMatchObject({ code: 'selfservice-outcome-unknown' });
  await expect(api.readKeys('t', 'client', patience())).rejects.toMatchObject({ code: 'selfservice-unavailable' });
});

test('keys are read with all that is registered of them, and a set with one that cannot be read is none', async () => {
  const strange = { kid: 'b', kty: 'RSA', exp: 1_798_761_600, x5c: ['c'], whatever: { it: 'is' } };
  let keys: unknown[] = [key.jwk, strange];
  let sent = '';
  const api = await opened((request, response, body) => {
    if (request.method === 'GET') return sendJson(response, 200, { keys });
    sent = body;
    sendJson(response, 200, {});
  });
  const read = await api.readKeys('t', 'client', patience());
  expect(read).toEqual([key, { kid: 'b', jwk: strange, endsAt: new Date('2027-01-01T00:00:00Z') }]);
  await api.writeKeys('t', 'client', read, patience());
  // `use` has been mandatory since May 2025, of old keys too.
  expect(JSON.parse(sent)).toEqual({
    keys: [
      { use: 'sig', ...key.jwk },
      { use: 'sig', ...strange },
    ],
  });
  keys = [key.jwk, { kty: 'RSA' }];
  await expect(api.readKeys('t', 'client', patience())).rejects.toMatchObject({ code: 'selfservice-unavailable' });
});

test('clients of Maskinporten’s that are open are listed, and one is sent back without what the server alone knows', async () => {
  const whole = {
    client_id: 'a',
    client_name: 'A',
    integration_type: 'maskinporten',
    scopes: ['x:y'],
    created: 'then',
  };
  const sent: unknown[] = [];
  const api = await opened((request, response, body) => {
    if (request.method === 'GET')
      return sendJson(response, 200, [
        whole,
        { ...whole, client_id: 'b', active: false },
        { ...whole, client_id: 'c', integration_type: 'idporten' },
        null,
      ]);
    sent.push(JSON.parse(body));
    sendJson(response, 200, {});
  });
  const [found, ...others] = await api.listClients('t', patience());
  expect([found?.clientId, others]).toEqual(['a', []]);
  if (found) await api.changeScopes('t', found, ['x:y', 'x:z'], patience());
  expect(sent).toEqual([
    { client_id: 'a', client_name: 'A', integration_type: 'maskinporten', scopes: ['x:y', 'x:z'] },
  ]);
});
