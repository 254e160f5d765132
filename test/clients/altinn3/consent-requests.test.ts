import { describe, expect, test } from 'vitest';
import { randomIds } from '../../../src/lib/ids.ts';
import type { Submission } from '../../../src/usecases/altinn-port.ts';
import { nationalNumber } from '../../support/not-for-logs.ts';
import { problemOf } from '../maskinporten/given-client.ts';
import { bank, openServer, patience, readScope, sendJson } from '../neighbour.ts';
import { asked, openAltinn, openClient } from './given-altinn.ts';

describe('with a strict Altinn', () => {
  test('a consent request is made, answered and read', async () => {
    const { client, control, token } = await openAltinn();
    const submission = asked();
    const made = await client.submit(submission, token, patience());
    expect(made).toEqual({ id: submission.id, status: 'Created', approvalUrl: expect.stringContaining(submission.id) });
    await control('POST', `consents/${submission.id}/accept`, {});
    const read = await client.read(submission.id, token, patience());
    expect(read).toMatchObject({ status: 'Accepted', consentedAt: expect.any(Date) });
    await control('POST', `consents/${submission.id}/revoke`, {});
    expect(await client.read(submission.id, token, patience())).toMatchObject({ status: 'Revoked' });
  });

  test('repeating it makes no second one, and tells how the first stands', async () => {
    const { client, control, token } = await openAltinn();
    const submission = asked();
    const made = await client.submit(submission, token, patience());
    await control('POST', `consents/${submission.id}/reject`, {});
    expect(await client.submit(submission, token, patience())).toEqual({ ...made, status: 'Rejected' });
    expect(await control('GET', 'consents')).toHaveLength(1);
  });

  test('an answer lost after its effect does no harm', async () => {
    const { client, control, token, fail } = await openAltinn();
    const submission = asked();
    await fail('create', { kind: 'reset', when: 'after' });
    expect((await problemOf(client.submit(submission, token, patience()))).code).toBe('altinn-unavailable');
    expect(await client.submit(submission, token, patience())).toMatchObject({ id: submission.id, status: 'Created' });
    expect(await control('GET', 'consents')).toHaveLength(1);
  });

  test('the same resource may stand twice with different metadata', async () => {
    const { client, control, token } = await openAltinn();
    const right = (simpletag: string) => ({ resource: 'enkelt-samtykke', metadata: { simpletag } });
    const submission = asked({ rights: [right('2025'), right('2026')], message: { nb: 'Hei', en: 'Hello' } });
    await client.submit(submission, token, patience());
    expect(await control('GET', `consents/${submission.id}`)).toMatchObject({
      resources: ['enkelt-samtykke', 'enkelt-samtykke'],
    });
  });

  test('its end arrives as the same instant', async () => {
    const { client, control, token } = await openAltinn();
    const submission = asked({ validTo: new Date('2031-03-30T02:30:00.123Z') });
    await client.submit(submission, token, patience());
    const { validTo } = (await control('GET', `consents/${submission.id}`)) as { validTo: string };
    expect(new Date(validTo)).toEqual(submission.validTo);
  });

  test.each<[string, Partial<Submission>, string]>([
    ['a person nobody knows', { from: { person: '15871200022' } }, 'person-unknown'],
    ['an organisation nobody knows', { from: { organization: '974760673' } }, 'organization-unknown'],
    ['an end in the past', { validTo: new Date('2020-01-01T00:00:00Z') }, 'altinn-refused'],
    ['a missing metadata value', { rights: [{ resource: 'enkelt-samtykke', metadata: {} }] }, 'altinn-refused'],
    [
      'two faults at once, which come as a 500',
      { rights: [{ resource: 'enkelt-samtykke', metadata: { other: '1' } }] },
      'altinn-refused',
    ],
    ['another tenant’s number', { to: '991825827' }, 'token-unexpected'],
  ])('%s is refused', async (_name, changes, code) => {
    const { client, token, lines } = await openAltinn();
    const problem = await problemOf(client.submit(asked(changes), token, patience()));
    expect(problem.code).toBe(code);
    const told = `${problem.message}${JSON.stringify(problem.more)}${lines.join()}`;
    for (const secret of [nationalNumber, /eyJ/]) expect(told).not.toMatch(secret);
  });

  test('who is not on the access list is told so', async () => {
    const { client, control, token } = await openAltinn();
    await control('DELETE', `access-lists/ske-samtykke-sbl-inntekt/${bank}`);
    const rights = [{ resource: 'ske-samtykke-sbl-inntekt', metadata: { fraogmed: '2024-01', tilogmed: '2024-12' } }];
    const problem = await problemOf(client.submit(asked({ rights }), token, patience()));
    expect(problem.code).toBe('not-on-access-list');
    expect(problem.detail).toContain(bank);
  });

  test('a token without the scope is told from that', async () => {
    const { client, tokenFor } = await openAltinn();
    const token = await tokenFor(readScope);
    expect((await problemOf(client.submit(asked(), token, patience()))).code).toBe('client-scope-missing');
  });

  test('an unknown id, a foreign id and a bad token are refused on reading', async () => {
    const { client, token } = await openAltinn();
    expect((await problemOf(client.read(randomIds.uuid(), token, patience()))).code).toBe('altinn-refused');
    expect((await problemOf(client.read(randomIds.uuid(), 'eyJub3QiOjF9.e30.x', patience()))).code).toBe(
      'altinn-not-authorised',
    );
  });

  test('a token that ended on its way is no fault of the operator', async () => {
    const { client, token, control } = await openAltinn();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const ended = `e30.${Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString('base64url')}.x`;
    expect((await problemOf(client.read(randomIds.uuid(), ended, patience()))).code).toBe('altinn-unavailable');
    await control('DELETE', 'faults');
  });

  test('whether it has ended is read from Altinn’s clock: ours may be wrong', async () => {
    const answeredAt = async (date: string) => {
      const { url } = await openServer((_request, response) => {
        response.setHeader('date', new Date(date).toUTCString());
        sendJson(response, 401, {});
      });
      const token = `e30.${Buffer.from(JSON.stringify({ exp: Date.parse('2020-01-01T12:00:00Z') / 1000 })).toString('base64url')}.x`;
      return (await problemOf(openClient(url).client.read(randomIds.uuid(), token, patience()))).code;
    };
    expect(await answeredAt('2020-01-01T11:59:30Z')).toBe('altinn-not-authorised');
    expect(await answeredAt('2020-01-01T12:00:30Z')).toBe('altinn-unavailable');
  });

  test.each([
    { kind: 'html', status: 503 },
    { kind: 'html', status: 200 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 429, retryAfter: 7 },
    { kind: 'reset', when: 'before' },
  ])('$kind $status is over soon', async (fault) => {
    const { client, token, fail } = await openAltinn();
    await fail('get', fault);
    expect((await problemOf(client.read(randomIds.uuid(), token, patience()))).code).toBe('altinn-unavailable');
  });
});

const id = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';
const viewUri = 'https://am.ui.altinn.no/accessmanagement/ui/consent/request?id=1';
const event = (eventType: string, created: string) => ({ eventType, created });

describe('what Altinn may say', () => {
  const readOf = async (body: unknown) => {
    const { url } = await openServer((_request, response) => sendJson(response, 200, body));
    return openClient(url).client.read(id, 'token', patience());
  };

  test.each<[string, object, object]>([
    [
      'as it is today',
      { id, status: 'Accepted', viewUri, consented: '2026-02-03T10:14:05.419279+00:00' },
      { status: 'Accepted', consentedAt: new Date('2026-02-03T10:14:05.419Z') },
    ],
    [
      'in the shape of a repeat',
      { id, consentRequestStatus: 'Rejected', viewUri, templateVersion: 1 },
      { status: 'Rejected' },
    ],
    ['in other casing', { Id: id.toUpperCase(), Status: 'revoked', ViewUri: viewUri }, { id, status: 'Revoked' }],
    [
      'without a status',
      {
        id,
        viewUri,
        consentRequestEvents: [event('Accepted', '2026-01-02T00:00:00Z'), event('Created', '2026-01-01T00:00:00Z')],
      },
      { status: 'Accepted' },
    ],
    ['without status and events', { id, viewUri, consented: '2026-01-02T00:00:00Z' }, { status: 'Accepted' }],
    [
      'with nulls and little else',
      { id, viewUri, status: null, consented: null, consentRequestEvents: null },
      { status: 'Created' },
    ],
    [
      'with a made-up expiry',
      {
        id,
        viewUri,
        status: 'Expired',
        consentRequestEvents: [event('Created', '2026-01-01T00:00:00Z'), event('Expired', '2026-01-02T00:00:00Z')],
      },
      { status: 'Created' },
    ],
    ['with a time that is none', { id, viewUri, status: 'Accepted', consented: 'soon' }, { status: 'Accepted' }],
  ])('%s is understood', async (_name, body, expected) => {
    expect(await readOf(body)).toMatchObject({ approvalUrl: viewUri, ...expected });
  });

  test.each<[string, unknown]>([
    ['about another consent', { id: 'a005e4e7-78b3-42b4-ce69-dc68cc5349eb', status: 'Accepted', viewUri }],
    ['with a script as its page', { id, status: 'Created', viewUri: 'javascript:alert(1)' }],
    ['without a page', { id, status: 'Created' }],
    ['that is a list', [{ id, viewUri }]],
  ])('an answer %s is not believed', async (_name, body) => {
    expect((await problemOf(readOf(body))).code).toBe('altinn-unavailable');
  });

  test('a created request whose answer cannot be read is read once more', async () => {
    const { url } = await openServer((request, response) =>
      request.method === 'POST'
        ? response.writeHead(201).end('<html>')
        : sendJson(response, 200, { id, viewUri, status: 'Created' }),
    );
    const { client } = openClient(`${url}/some/path`);
    expect(await client.submit(asked({ id }), 'token', patience())).toMatchObject({ id, status: 'Created' });
  });

  test.each(['', '/', '/altinn3', '/altinn3/'])('a base address that ends in "%s" is kept whole', async (path) => {
    const paths: string[] = [];
    const { url } = await openServer((request, response) => {
      paths.push(`${request.method} ${request.url}`);
      sendJson(response, 200, { id, viewUri });
    });
    await openClient(`${url}${path}`).client.submit(asked({ id }), 'token', patience());
    const requests = `${path.replace(/\/$/, '')}/accessmanagement/api/v1/enterprise/consentrequests`;
    expect(paths).toEqual([`POST ${requests}`, `GET ${requests}/${id}`]);
  });

  test('an answer that never comes ends at the time limit, and a huge one is not read', async () => {
    const { url: silent } = await openServer(() => undefined);
    expect((await problemOf(openClient(silent, 50).client.read(id, 'token', patience()))).code).toBe(
      'altinn-unavailable',
    );
    const { url: huge } = await openServer((_request, response) => sendJson(response, 200, 'x'.repeat(3_000_000)));
    expect((await problemOf(openClient(huge).client.read(id, 'token', patience()))).code).toBe('altinn-unavailable');
  });
});
