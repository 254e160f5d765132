import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { continuationToken, eventIdIn } from '../../src/sandbox/altinn3/feed.ts';
import { openNeighbour, readScope } from './neighbour.ts';

type Page = {
  links: { next: string | null };
  data: { consentRequestId: string; eventType: string; changedDate: string }[];
};

const openFeed = async () => {
  const neighbour = await openNeighbour();
  const { events, token, create, requestBody, control } = neighbour;
  const page = async (query = ''): Promise<Page> => {
    const { status, body } = await events(await token({ scope: readScope }), query);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body as unknown as Page;
  };
  const refusal = async (query: string) => {
    const { status, body } = await events(await token({ scope: readScope }), query);
    return { status, body };
  };
  const request = async (answer?: string): Promise<string> => {
    const id = randomUUID();
    await create(await token(), requestBody({ id }));
    if (answer) await control('POST', `consents/${id}/${answer}`);
    return id;
  };
  return { ...neighbour, page, refusal, request };
};

test('the continuation token is the id in the byte order of .NET', () => {
  const id = '019c22fe-bb6d-7cbb-9c62-fe10f017da70';
  expect(continuationToken(id)).toBe('/iKcAW27u3ycYv4Q8BfacA==');
  expect(eventIdIn('/iKcAW27u3ycYv4Q8BfacA==')).toBe(id);
  expect(eventIdIn('not base64')).toBeUndefined();
});

test('events are held back for five minutes, then come oldest first', async () => {
  const { page, request, clock, control } = await openFeed();
  const id = await request('accept');
  expect(await page()).toEqual({ links: { next: null }, data: [] });
  clock.move(299_000);
  expect((await page()).data).toEqual([]);
  clock.move(2_000);
  const { data } = await page();
  expect(data).toEqual([
    {
      consentRequestId: id,
      eventType: 'Created',
      changedDate: expect.stringMatching(/^2026-02-03T10:00:00.*\+00:00$/),
    },
    { consentRequestId: id, eventType: 'Accepted', changedDate: expect.any(String) },
  ]);
  await control('POST', 'settings', { feedLagMs: 0, createdInFeed: false, eventTypeCasing: 'lower' });
  const other = await request('reject');
  clock.move(10);
  expect((await page()).data.map(({ consentRequestId, eventType }) => [consentRequestId, eventType])).toEqual([
    [id, 'accepted'],
    [other, 'rejected'],
  ]);
});

test('a full page has a link to the next one, which keeps the filters and may be empty', async () => {
  const { page, request, clock, url } = await openFeed();
  const after = '2026-02-03T00:00:00Z';
  for (let count = 0; count < 50; count += 1) await request('accept');
  clock.move(301_000);
  const first = await page(`?createdAfter=${after}`);
  expect(first.data).toHaveLength(100);
  expect(new Set(first.data.map(({ consentRequestId, eventType }) => consentRequestId + eventType)).size).toBe(100);
  const next = first.links.next ?? '';
  expect(next).toMatch(
    new RegExp(`^${url}/altinn3/.*/events\\?continuationToken=[\\w%]+&createdAfter=2026-02-03T00:00:00\\.0000000Z$`),
  );
  expect(await page(new URL(next).search)).toEqual({ links: { next: null }, data: [] });
  await request();
  clock.move(301_000);
  expect((await page(new URL(next).search)).data).toMatchObject([{ eventType: 'Created' }]);
});

test('filters: time, one request, and types in lower case', async () => {
  const { page, request, clock, refusal } = await openFeed();
  const accepted = await request('accept');
  clock.move(3_600_000);
  const rejected = await request('reject');
  clock.move(3_600_000);
  const types = async (query: string) => (await page(query)).data.map(({ eventType }) => eventType);
  expect(await types('?createdAfter=2026-02-03T10:30:00Z')).toEqual(['Created', 'Rejected']);
  expect(await types('?createdBefore=2026-02-03T10:30:00Z')).toEqual(['Created', 'Accepted']);
  expect(await types(`?consentRequestId=${rejected}&eventType=accepted&eventType=rejected`)).toEqual(['Rejected']);
  expect(await types(`?consentRequestId=${accepted}`)).toEqual(['Created', 'Accepted']);
  // Passes the check, which ignores case, and stumbles in the database.
  expect((await refusal('?eventType=Accepted')).status).toBe(500);
});

test.each([
  ['AM.VLD-00051', '$QUERY/createdAfter', '?createdAfter=2026-02-04T00:00:00Z&createdBefore=2026-02-03T00:00:00Z'],
  ['AM.VLD-00052', '$QUERY/eventType', '?eventType=created'],
  ['AM.VLD-00052', '$QUERY/eventType', '?eventType=expired'],
  ['AM.VLD-00053', '$QUERY/continuationToken', '?continuationToken=nonsense'],
])('%s at %s', async (code, path, query) => {
  const { refusal } = await openFeed();
  expect(await refusal(query)).toMatchObject({
    status: 400,
    body: { code: 'STD-00000', validationErrors: [{ code, paths: [path] }] },
  });
});
