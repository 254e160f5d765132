import { describe, expect, test } from 'vitest';
import { problemOf } from '../maskinporten/given-client.ts';
import { openServer, patience, sendJson } from '../neighbour.ts';
import { asked, openAltinn, openClient } from './given-altinn.ts';

const minute = 60_000;
const longAgo = new Date('2026-01-01T00:00:00.000Z');
const path = '/altinn3/accessmanagement/api/v1/enterprise/consentrequests/events';

describe('with a strict Altinn', () => {
  /** What was asked for by the bank, and answered so. */
  const asks = async (
    { client, clock, control, token }: Awaited<ReturnType<typeof openAltinn>>,
    answer: 'accept' | 'reject',
  ): Promise<string> => {
    const submission = asked({ validTo: new Date(clock.now().getTime() + 86_400_000) });
    await client.submit(submission, token, patience());
    await control('POST', `consents/${submission.id}/${answer}`, {});
    return submission.id;
  };

  test.each(['pascal', 'lower'])(
    'it tells what happened, in %s case, and of a request that was made',
    async (casing) => {
      const altinn = await openAltinn();
      const { client, control, clock, tokenFor } = altinn;
      await control('POST', 'settings', { eventTypeCasing: casing });
      const began = clock.now();
      const [accepted, rejected] = [await asks(altinn, 'accept'), await asks(altinn, 'reject')];
      clock.move(6 * minute);
      expect(await client.readFeed({ after: began }, await tokenFor(), patience())).toEqual({
        news: [
          { consentId: accepted, at: expect.any(Date), status: 'Created' },
          { consentId: accepted, at: expect.any(Date), status: 'Accepted' },
          { consentId: rejected, at: expect.any(Date), status: 'Created' },
          { consentId: rejected, at: expect.any(Date), status: 'Rejected' },
        ],
      });
      const { news } = await client.readFeed({ after: clock.now() }, await tokenFor(), patience());
      expect(news).toEqual([]);
    },
  );

  test('a full page leads to the next, and the link is sent as it came', async () => {
    const altinn = await openAltinn();
    const { client, calls, clock, tokenFor } = altinn;
    for (let many = 0; many < 51; many += 1) await asks(altinn, 'accept');
    clock.move(6 * minute);
    const token = await tokenFor();
    const first = await client.readFeed({ after: longAgo }, token, patience());
    expect(first.news).toHaveLength(100);
    const second = await client.readFeed({ link: first.next ?? '' }, token, patience());
    expect(second.news).toHaveLength(2);
    expect(second.next).toBeUndefined();
    const called = (await calls('events')).map((call) => String(call.path));
    expect(called[0]).toBe(`${path}?createdAfter=2026-01-01T00%3A00%3A00.000Z`);
    expect(first.next?.endsWith(called[1] ?? '-')).toBe(true);
  });

  test('a place that Altinn does not know is refused', async () => {
    const { client, url, tokenFor } = await openAltinn();
    const link = `${url}${path}?continuationToken=nonsense`;
    const problem = await problemOf(client.readFeed({ link }, await tokenFor(), patience()));
    expect(problem).toMatchObject({ code: 'altinn-refused', detail: expect.stringContaining('place') });
  });

  test.each([
    { kind: 'html', status: 503 },
    { kind: 'html', status: 200 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 429, retryAfter: 7 },
    { kind: 'status', status: 200, body: { links: {}, items: [] } },
    { kind: 'reset', when: 'before' },
  ])('$kind $status is over soon, and is no empty page', async (fault) => {
    const { client, fail, tokenFor } = await openAltinn();
    const token = await tokenFor();
    await fail('events', fault);
    expect((await problemOf(client.readFeed({ after: longAgo }, token, patience()))).code).toBe('altinn-unavailable');
  });

  test('a bad token is the operator’s to mend', async () => {
    const { client } = await openAltinn();
    const reading = client.readFeed({ after: longAgo }, 'eyJub3QiOjF9.e30.x', patience());
    expect((await problemOf(reading)).code).toBe('altinn-not-authorised');
  });
});

const id = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';
const item = (change: object = {}) => ({
  consentRequestId: id,
  eventType: 'Accepted',
  changedDate: '2026-02-03T10:14:05.419279+00:00',
  ...change,
});
const at = new Date('2026-02-03T10:14:05.419Z');

describe('what Altinn may say', () => {
  const readOf = async (body: unknown) => {
    const { url } = await openServer((_request, response) => sendJson(response, 200, body));
    return openClient(url).client.readFeed({ after: longAgo }, 'token', patience());
  };

  test.each<[string, unknown, unknown]>([
    ['as it is today', { links: { next: null }, data: [item()] }, [{ consentId: id, at, status: 'Accepted' }]],
    [
      'in other casing',
      { Data: [{ ConsentRequestId: id.toUpperCase(), EVENTTYPE: 'REVOKED', ChangedDate: '2026-02-03T10:14:05.419Z' }] },
      [{ consentId: id, at, status: 'Revoked' }],
    ],
    [
      'with types that change nothing, or are new',
      {
        links: null,
        data: [item({ eventType: 'used' }), item({ eventType: 'Expired' }), item({ eventType: 'Pondered' })],
      },
      [
        { consentId: id, at },
        { consentId: id, at },
        { consentId: id, at },
      ],
    ],
    [
      'with more than is known',
      { data: [item({ performedBy: 'x' })], total: 1 },
      [{ consentId: id, at, status: 'Accepted' }],
    ],
    ['with nothing', { links: { next: null }, data: [] }, []],
  ])('a page %s is understood', async (_name, body, news) => {
    expect(await readOf(body)).toEqual({ news });
  });

  test.each<[string, unknown]>([
    ['with an item without a type', { data: [item(), item({ eventType: undefined })] }],
    ['with a time that is none', { data: [item({ changedDate: 'soon' })] }],
    ['with an id that is none', { data: [item({ consentRequestId: '1' })] }],
    ['without a list', { links: { next: null } }],
    ['that is a list', [item()]],
    ['that has no end', { data: Array.from({ length: 1001 }, () => item()) }],
  ])('a page %s is not believed in part either', async (_name, body) => {
    expect((await problemOf(readOf(body))).code).toBe('altinn-unavailable');
  });

  test('a page that leads to itself is not believed', async () => {
    const { url } = await openServer((request, response) =>
      sendJson(response, 200, { links: { next: `${url}${request.url}` }, data: [item()] }),
    );
    const link = `${url}${path}?continuationToken=1`;
    const problem = await problemOf(openClient(`${url}/altinn3`).client.readFeed({ link }, 'token', patience()));
    expect(problem.code).toBe('altinn-unavailable');
  });

  test('a link that leaves the feed is not followed, and nobody gets the token', async () => {
    let asked = 0;
    const open = () =>
      openServer((_request, response) => {
        asked += 1;
        sendJson(response, 200, { data: [] });
      });
    const [{ url }, other] = [await open(), await open()];
    const { client } = openClient(`${url}/altinn3`);
    const { host } = new URL(url);
    for (const link of [
      `${other.url}${path}?continuationToken=1`,
      `http://user:secret@${host}${path}`,
      `https://${host}${path}`,
      `${url}${path}/../${id}`,
      `${url}${path}/more`,
      `${url}/altinn3`,
      `//${other.port}${path}`,
      'no address',
      'javascript:alert(1)',
    ]) {
      const problem = await problemOf(client.readFeed({ link }, 'token', patience()));
      expect([link, problem.code]).toEqual([link, 'feed-link-foreign']);
      expect(problem.message).not.toContain('secret');
    }
    expect(asked).toBe(0);
    expect(await client.readFeed({ link: `${url}${path}?continuationToken=1` }, 'token', patience())).toEqual({
      news: [],
    });
  });

  test('a huge page is not read', async () => {
    const pad = 'x'.repeat(3_000_000);
    expect((await problemOf(readOf({ data: [], pad }))).code).toBe('altinn-unavailable');
  });
});
