import { expect, test } from 'vitest';
import { wholeToken } from '../support/not-for-logs.ts';
import { openAltinn2Neighbour } from './altinn2-neighbour.ts';

const openWithWeather = async () => {
  const neighbour = await openAltinn2Neighbour();
  const { control } = neighbour;
  return {
    ...neighbour,
    plan: (on: string, fault: object, times = 1) => control('POST', 'faults', { on, times, fault }),
    requests: async () => (await control('GET', 'altinn2/requests')).body as unknown as { status: string }[],
    pending: async () =>
      ((await control('GET', 'landings')).body as unknown as { pending: { dueAt: string }[] }).pending,
  };
};

test('a create that is reset is lost, or has landed', async () => {
  const { plan, create, requests } = await openWithWeather();
  await plan('altinn2-create', { kind: 'reset', when: 'before' });
  await expect(create()).rejects.toThrow('fetch failed');
  expect(await requests()).toHaveLength(0);
  await plan('altinn2-create', { kind: 'reset', when: 'after' });
  await expect(create()).rejects.toThrow('fetch failed');
  expect(await requests()).toHaveLength(1);
});

test('or lands later, by the clock, and then stands at the end of the list', async () => {
  const { plan, create, requests, pending, clock, list } = await openWithWeather();
  await plan('altinn2-create', { kind: 'reset', when: 'late', lateMs: 45_000 });
  await expect(create()).rejects.toThrow('fetch failed');
  await create();
  expect(await requests()).toHaveLength(1);
  expect(await pending()).toEqual([{ dueAt: '2026-02-03T10:00:45.000Z' }]);
  // Far from its time: real time runs as well.
  clock.move(15_000);
  expect(await requests()).toHaveLength(1);
  clock.move(30_000);
  expect(await requests()).toHaveLength(2);
  expect(await pending()).toEqual([]);
  const { body } = await list();
  const [, last] = (body as unknown as { _embedded: { consentRequests: { Created: string }[] } })._embedded
    .consentRequests;
  expect(last?.Created).toBe('2026-02-03T11:00:45.000');
});

test('within a minute unless told otherwise, and real time brings it down as well', async () => {
  const { plan, create, requests, pending, clock, control } = await openWithWeather();
  await plan('altinn2-create', { kind: 'reset', when: 'late' }, 3);
  for (let count = 0; count < 3; count += 1) await expect(create()).rejects.toThrow('fetch failed');
  for (const { dueAt } of await pending())
    expect(Date.parse(dueAt) - clock.now().getTime()).toSatisfy((ms: number) => ms >= 0 && ms <= 60_000);
  // One that was to land in less time than this has taken has done so.
  await control('POST', 'landings');
  expect(await requests()).toHaveLength(3);
  expect(await pending()).toEqual([]);
  await plan('altinn2-create', { kind: 'reset', when: 'late', lateMs: 50_000 }, 2);
  for (let count = 0; count < 2; count += 1) await expect(create()).rejects.toThrow('fetch failed');
  expect(await control('POST', 'landings')).toMatchObject({ body: { landed: 2 } });
  await control('POST', 'settings', { landsWithinMs: 20 });
  await plan('altinn2-create', { kind: 'reset', when: 'late' });
  await expect(create()).rejects.toThrow('fetch failed');
  await expect.poll(requests).toHaveLength(6);
});

test('what is refused does not land', async () => {
  const { plan, create, pending } = await openWithWeather();
  await plan('altinn2-create', { kind: 'reset', when: 'late', lateMs: 1000 });
  await expect(create({ OfferedByName: 'Olsen' })).rejects.toThrow('fetch failed');
  expect(await pending()).toEqual([]);
});

test('a withdrawal may be late too, and comes to nothing when the answer was faster', async () => {
  const { plan, created, withdraw, requests, does, clock } = await openWithWeather();
  const [gone, answered] = [await created(), await created()];
  await plan('altinn2-withdraw', { kind: 'reset', when: 'late', lateMs: 50_000 }, 2);
  await expect(withdraw(gone)).rejects.toThrow('fetch failed');
  await expect(withdraw(answered)).rejects.toThrow('fetch failed');
  await does(answered, 'accept');
  clock.move(50_000);
  expect(await requests()).toMatchObject([{ status: 'Accepted' }]);
});

test('calling the weather off lets what is late land', async () => {
  const { plan, create, requests, control } = await openWithWeather();
  await plan('altinn2-create', { kind: 'reset', when: 'late' });
  await expect(create()).rejects.toThrow('fetch failed');
  await control('DELETE', 'faults');
  expect(await requests()).toHaveLength(1);
});

test('statuses, pages for people and holds befall each call by its name', async () => {
  const { plan, create, accepted, consentToken, list, read, control } = await openWithWeather();
  const code = await accepted();
  await plan('altinn2-create', { kind: 'status', status: 503, retryAfter: 5 });
  expect((await create()).headers.get('retry-after')).toBe('5');
  await plan('altinn2-token', { kind: 'html', status: 502 });
  expect((await consentToken(code)).headers.get('content-type')).toContain('text/html');
  await plan('altinn2-list', { kind: 'status', status: 500 });
  expect((await list()).status).toBe(500);
  await plan('altinn2-get', { kind: 'hold', when: 'before', name: 'gate' });
  const held = read(code);
  expect((await control('GET', 'holds/gate?wait=10000')).status).toBe(200);
  await control('POST', 'holds/gate/release');
  expect((await held).status).toBe(200);
});

test('what was sent is shown without what would open anything', async () => {
  const { create, accepted, consentToken, send, bearer, control } = await openWithWeather();
  await create();
  const code = await accepted();
  const token = String((await consentToken(code)).body);
  await send('GET', '/data/skatteetaten/inntekt/25922947409', undefined, {
    authorization: `Bearer ${await bearer('skatteetaten:inntekt')}`,
    altinnsamtykke: token,
  });
  const [sent] = (await control('GET', 'calls?on=altinn2-create')).body as unknown as object[];
  expect(sent).toMatchObject({
    method: 'POST',
    status: 201,
    headers: { apikey: '0a17e2aa…', authorization: { claims: { supplier: {} } } },
    body: { OfferedByName: 'NORDMANN' },
  });
  const all = JSON.stringify((await control('GET', 'calls')).body);
  expect(all).not.toMatch(wholeToken);
  expect(all).toContain('"altinnsamtykke":{"header":{"alg":"RS256"');
});

test('a person can be played by the same control calls as in Altinn 3', async () => {
  const { created, control, does } = await openWithWeather();
  const code = await created();
  expect(await control('POST', `consents/${code}/accept`)).toMatchObject({
    status: 200,
    body: { status: 'Accepted', redirectTo: `https://hub.example/callback/x1?AuthorizationCode=${code}&Status=OK` },
  });
  expect(await control('POST', `consents/${code}/revoke`, { person: '03867199348' })).toMatchObject({ status: 403 });
  expect(await control('POST', `consents/${code}/revoke`)).toMatchObject({ body: { ended: 'revoked' } });
  expect(await does('unknown', 'accept')).toMatchObject({ status: 404, body: { error: 'request-unknown' } });
  await control('DELETE', 'altinn2/requests');
  expect((await control('GET', 'altinn2/requests')).body).toEqual([]);
});
