import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { bank, openNeighbour } from './neighbour.ts';

const openWithToken = async () => {
  const neighbour = await openNeighbour();
  const bearer = await neighbour.token();
  const id = randomUUID();
  return {
    ...neighbour,
    bearer,
    id,
    submit: () => neighbour.create(bearer, neighbour.requestBody({ id })),
    plan: (on: string, fault: object, times = 1) => neighbour.control('POST', 'faults', { on, times, fault }),
    consents: async () =>
      (await neighbour.control('GET', 'consents')).body as unknown as { id: string; createCalls: number }[],
  };
};

test('a reset before the effect loses the call, one after it only the answer', async () => {
  const { plan, submit, consents } = await openWithToken();
  await plan('create', { kind: 'reset', when: 'before' });
  await expect(submit()).rejects.toThrow('fetch failed');
  expect(await consents()).toEqual([]);
  await plan('create', { kind: 'reset', when: 'after' });
  await expect(submit()).rejects.toThrow('fetch failed');
  expect(await consents()).toMatchObject([{ createCalls: 1 }]);
  expect((await submit()).status).toBe(200);
  expect(await consents()).toMatchObject([{ createCalls: 2 }]);
});

test('a grant whose answer was lost is used up', async () => {
  const { plan, post, signed, claimsFor } = await openWithToken();
  const grant = await signed(claimsFor({ consumer_org: bank }));
  await plan('token', { kind: 'reset', when: 'after' });
  await expect(post(grant)).rejects.toThrow('fetch failed');
  expect((await post(grant)).body.error_uri).toMatch(/MP-012$/);
});

test('chosen answers: a status with Retry-After and body, a page of HTML, so many times and of that kind only', async () => {
  const { plan, submit, get, bearer, id } = await openWithToken();
  await plan('create', { kind: 'status', status: 429, retryAfter: 7, body: { why: 'busy' } }, 2);
  const first = await submit();
  expect(first).toMatchObject({ status: 429, body: { why: 'busy' } });
  expect(first.headers.get('retry-after')).toBe('7');
  expect((await get(bearer, id)).status).toBe(404);
  expect((await submit()).status).toBe(429);
  expect((await submit()).status).toBe(201);
  await plan('any', { kind: 'html', status: 503 });
  const page = await get(bearer, id);
  expect(page.status).toBe(503);
  expect(page.headers.get('content-type')).toContain('text/html');
  await plan('get', { kind: 'delay', ms: 1 });
  expect((await get(bearer, id)).status).toBe(200);
});

test('an error without error_uri keeps its words, and a good answer is left alone', async () => {
  const { plan, ask } = await openWithToken();
  await plan('token', { kind: 'no-error-uri' }, 2);
  const { body } = await ask();
  expect(body.error_description).toContain('has not been granted access');
  expect(body).not.toHaveProperty('error_uri');
  expect((await ask({ consumer_org: bank })).status).toBe(200);
});

test('a storm lasts as long as it is said to, or until it is called off', async () => {
  const { ask, plan, control } = await openWithToken();
  const storm = (times: number) => plan('token', { kind: 'status', status: 503 }, times);
  await storm(2);
  expect((await ask({ consumer_org: bank })).status).toBe(503);
  expect((await ask({ consumer_org: bank })).status).toBe(503);
  expect((await ask({ consumer_org: bank })).status).toBe(200);
  await storm(100_000);
  expect((await ask({ consumer_org: bank })).status).toBe(503);
  await control('DELETE', 'faults');
  expect((await ask({ consumer_org: bank })).status).toBe(200);
});

test('a call can be held before or after its effect, waited for, and let go', async () => {
  const { plan, submit, consents, control } = await openWithToken();
  await plan('create', { kind: 'hold', when: 'before', name: 'gate' });
  const held = submit();
  expect(await control('GET', 'holds/gate?wait=10000')).toMatchObject({
    status: 200,
    body: { parked: [{ name: 'gate', on: 'create', when: 'before' }] },
  });
  expect(await consents()).toEqual([]);
  expect(await control('POST', 'holds/gate/release')).toMatchObject({ body: { released: 1 } });
  expect((await held).status).toBe(201);

  await plan('create', { kind: 'hold', when: 'after', name: 'gate' });
  const again = submit();
  await control('GET', 'holds/gate?wait=10000');
  expect(await consents()).toMatchObject([{ createCalls: 2 }]);
  expect(await control('DELETE', 'faults')).toMatchObject({ status: 204 });
  expect((await again).status).toBe(200);
  expect(await control('GET', 'holds')).toMatchObject({ body: { parked: [] } });
  expect(await control('GET', 'holds/gate')).toMatchObject({ status: 408, body: { error: 'nobody-parked' } });
});

test('closing lets go of whoever is held', async () => {
  const { plan, submit, control, sandbox } = await openWithToken();
  await plan('create', { kind: 'hold', when: 'before', name: 'gate' });
  const held = submit().catch(() => 'hung up');
  await control('GET', 'holds/gate?wait=10000');
  await sandbox.close();
  expect(await held).toBeDefined();
});

test('faults that make no sense are refused with what is wrong', async () => {
  const { control } = await openWithToken();
  expect(await control('POST', 'faults', { on: 'everything', fault: { kind: 'explode' } })).toMatchObject({
    status: 400,
    body: { error: 'body-invalid', detail: expect.stringContaining('on') },
  });
});
