import { describe, expect, test } from 'vitest';
import { problemOf } from '../maskinporten/given-client.ts';
import { openServer, patience, sendJson } from '../neighbour.ts';
import { asked, openClient } from './given-altinn2.ts';

const code = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';
const gui = `https://tt02.altinn.no/ui/AccessConsent/request?id=${code}`;
const links = { _links: { gui: { href: gui } } };

const answering = async (status: number, body: unknown, more: { reason?: string; text?: string } = {}) => {
  const asks: string[] = [];
  const { url } = await openServer((request, response) => {
    asks.push(`${request.method} ${request.url}`);
    if (more.text === undefined && more.reason === undefined) return sendJson(response, status, body);
    response.writeHead(status, more.reason, { 'content-type': 'text/plain' });
    return response.end(more.text ?? '');
  });
  return { ...openClient(`${url}/some/path`), asks, url };
};

describe('a request', () => {
  const readOf = async (body: unknown) => (await answering(200, body)).client.read(code, 'token', patience());

  test.each<[string, object, object]>([
    [
      'as guides write it, in Oslo’s winter',
      { AuthorizationCode: code, RequestStatus: 'Accepted', LastChanged: '2026-02-03T11:14:05.419', ...links },
      { status: 'Accepted', consentedAt: new Date('2026-02-03T10:14:05.419Z'), approvalUrl: gui },
    ],
    [
      'as the help pages write it, in summer',
      {
        authorizationCode: code.toUpperCase(),
        requestStatus: 'accepted',
        lastChanged: '2026-07-03T11:14:05',
        ...links,
      },
      { id: code, status: 'Accepted', consentedAt: new Date('2026-07-03T09:14:05Z') },
    ],
    [
      'with an offset and ever so many digits',
      { AuthorizationCode: code, RequestStatus: 'Accepted', LastChanged: '2026-02-03T10:09:59.5484894+01:00' },
      { consentedAt: new Date('2026-02-03T09:09:59.548Z') },
    ],
    ['that was opened', { AuthorizationCode: code, RequestStatus: 'Opened' }, { status: 'Created' }],
    [
      'without links, whose page is where it has always been',
      { AuthorizationCode: code, RequestStatus: 'Rejected', LastChanged: 'then', _links: null },
      { status: 'Rejected', approvalUrl: expect.stringMatching(`/some/path/ui/AccessConsent/request\\?id=${code}$`) },
    ],
    [
      'with a script as its page',
      { AuthorizationCode: code, RequestStatus: 'Unopened', _links: { gui: { href: 'javascript:alert(1)' } } },
      { approvalUrl: expect.stringMatching(/^http:.*\/some\/path\/ui\/AccessConsent/) },
    ],
  ])('%s is understood', async (_name, body, expected) => {
    expect(await readOf(body)).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ['about another request', { AuthorizationCode: 'a005e4e7-78b3-42b4-ce69-dc68cc5349eb', RequestStatus: 'Accepted' }],
    ['with a code that is none', { AuthorizationCode: '1', RequestStatus: 'Accepted' }],
    ['without a status', { AuthorizationCode: code, ...links }],
    ['with a status nobody knows', { AuthorizationCode: code, RequestStatus: 'Pondered' }],
    ['that is a list', [{ AuthorizationCode: code, RequestStatus: 'Accepted' }]],
  ])('%s is not believed', async (_name, body) => {
    expect((await problemOf(readOf(body))).code).toBe('altinn-unavailable');
  });

  test('that was just made needs no status, but a code', async () => {
    const { client } = await answering(201, { AuthorizationCode: code, ...links });
    expect(await client.submit(asked(), 'token', patience())).toEqual({
      id: code,
      status: 'Created',
      approvalUrl: gui,
    });
    const { client: silent } = await answering(201, { ...links });
    expect((await problemOf(silent.submit(asked(), 'token', patience()))).code).toBe('altinn-unavailable');
  });

  test('paths stay below the base address', async () => {
    const { client, asks } = await answering(201, { AuthorizationCode: code });
    await client.submit(asked(), 'token', patience());
    await problemOf(client.read('../../x?y', 'token', patience()));
    await problemOf(client.list('2020-02-01T08:30:39:148_1054', 'token', patience()));
    expect(asks).toEqual([
      'POST /some/path/api/consentRequests',
      'GET /some/path/api/consentRequests/..%2F..%2Fx%3Fy',
      'GET /some/path/api/consentRequests?direction=outgoing&continuation=2020-02-01T08%3A30%3A39%3A148_1054',
    ]);
  });
});

describe('a page of the list', () => {
  const listOf = async (body: unknown, from?: string) =>
    (await answering(200, body)).client.list(from, 'token', patience());
  const one = { AuthorizationCode: code, RequestStatus: 'Unopened', LastChanged: '2026-02-03T11:14:05.419', ...links };
  const place = '2026-02-03T11:14:05.419_7';
  const next = { href: `https://www.altinn.no/api/consentRequests?Continuation=${encodeURIComponent(place)}` };

  test.each<[string, unknown]>([
    ['with a token', { _embedded: { consentRequests: [one] }, continuationtoken: place }],
    ['in other casing', { _Embedded: { ConsentRequests: [one] }, ContinuationToken: place }],
    ['with a link alone, that is not followed', { _embedded: { consentRequests: [one] }, _links: { next } }],
  ])('%s leads on', async (_name, body) => {
    expect(await listOf(body)).toEqual({
      requests: [{ id: code, status: 'Created', approvalUrl: gui, changedAt: new Date('2026-02-03T10:14:05.419Z') }],
      next: place,
    });
  });

  test.each([
    ['2026-07-03T10:00:00.500Z', '2026-07-03T11:00:00.000_0'],
    ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00.000_0'],
    ['2026-10-25T01:30:00Z', '2026-10-25T02:30:00.000_0'],
  ])('after %s begins an hour before, by Oslo’s clock', async (after, place) => {
    const { client, asks } = await answering(200, { _embedded: { consentRequests: [] } });
    await client.list({ after: new Date(after) }, 'token', patience());
    expect(new URL(`http://x${asks[0]?.slice(4)}`).searchParams.get('continuation')).toBe(place);
  });

  test('that is empty, or a bare list, leads nowhere', async () => {
    expect(await listOf({ _embedded: { consentRequests: [] }, continuationtoken: place })).toEqual({ requests: [] });
    expect(await listOf([one])).toMatchObject({ requests: [{ id: code }] });
  });

  test.each<[string, unknown]>([
    ['with an entry that has no status', { _embedded: { consentRequests: [one, { AuthorizationCode: code }] } }],
    ['with an entry that is none', { _embedded: { consentRequests: [one, null] } }],
    ['that leads to itself', { _embedded: { consentRequests: [one] }, continuationtoken: place }],
    ['that is none', { requests: [one] }],
  ])('%s is not believed', async (_name, body) => {
    expect((await problemOf(listOf(body, place))).code).toBe('altinn-unavailable');
  });

  test('may be as long as Altinn’s longest, where one request may not', async () => {
    const padded = { ...one, RequestMessage: { 'no-nb': 'x'.repeat(2_000_000) } };
    expect(await listOf({ _embedded: { consentRequests: [padded] } })).toMatchObject({ requests: [{ id: code }] });
    const { client } = await answering(200, padded);
    expect((await problemOf(client.read(code, 'token', patience()))).code).toBe('altinn-unavailable');
  });
});

describe('a refused create', () => {
  const refusedWith = async (...answer: Parameters<typeof answering>) =>
    problemOf((await answering(...answer)).client.submit(asked(), 'token', patience()));

  test.each<[string, Parameters<typeof answering>, string]>([
    ['by code, as seen', [400, [{ ErrorCode: '40332', ErrorMessage: 'x' }]], 'name-not-matched'],
    ['by code, as documented', [400, [{ errorCode: '40332', errorDescription: 'x' }]], 'name-not-matched'],
    ['by a number for a code', [400, { ErrorCode: 40332 }], 'name-not-matched'],
    ['for a key it did not get', [400, '', { reason: "Required header 'ApiKey' is missing." }], 'altinn-key-refused'],
    ['for HandledBy', [400, [{ ErrorCode: '1', ErrorMessage: 'HandledBy is wrong' }]], 'altinn-key-refused'],
    ['for a delegation', [403, [{ ErrorCode: '1', ErrorMessage: 'Access is not delegated' }]], 'access-not-delegated'],
    ['for something new', [400, [{ ErrorCode: '1', ErrorMessage: 'RequiredDelegator is odd' }]], 'altinn-refused'],
    ['without a word', [400, '', { text: '' }], 'altinn-refused'],
    ['in words alone', [403, '', { text: 'Forbidden' }], 'altinn-key-refused'],
    ['at a wrong address', [404, '', { text: '<html>' }], 'altinn2-not-there'],
    ['by what has gone', [410, '', { text: '' }], 'altinn2-not-there'],
    [
      'without an organisation',
      [401, '', { reason: 'Authorization failed: There is no authenticated organization number set on this request.' }],
      'altinn-not-authorised',
    ],
  ])('%s is told by whose move it is', async (_name, answer, wanted) => {
    expect((await refusedWith(...answer)).code).toBe(wanted);
  });

  test('repeats nothing of whom it is about, nor where browsers come back to', async () => {
    const ErrorMessage =
      'Kari NORDMANN (25922947409) is not 259229 47409; see HTTP://localhost:3000/callback/state?x=1 or myapp://consent/state.';
    const { detail } = await refusedWith(400, [{ ErrorCode: '77', ErrorMessage }]);
    expect(detail).toContain('(77)');
    expect(detail).not.toMatch(/nordmann|47409|state/i);
    expect((await refusedWith(400, [{ ErrorMessage: 'x'.repeat(100_000) }])).detail.length).toBeLessThan(500);
  });
});

test('a redirect is not followed, wherever it leads', async () => {
  const { url: elsewhere } = await openServer((_request, response) =>
    sendJson(response, 201, { AuthorizationCode: code }),
  );
  for (const status of [301, 302, 307, 308]) {
    const { url } = await openServer((_request, response) => response.writeHead(status, { location: elsewhere }).end());
    const { client } = openClient(url);
    expect((await problemOf(client.submit(asked(), 'token', patience()))).code).toBe('altinn-unavailable');
    expect((await problemOf(client.read(code, 'token', patience()))).code).toBe('altinn-unavailable');
  }
});
