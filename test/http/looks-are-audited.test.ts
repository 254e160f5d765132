import { expect } from 'vitest';
import { ask, person } from './given.ts';
import { bootstrapKey, storedTest } from './stored-hub.ts';

const day = 24 * 60 * 60 * 1000;

storedTest(
  'every look at consents is in the audit, once, with whose they were and by which key',
  async ({ openStored }) => {
    const { call, tenant, clock } = await openStored();
    const { id: tenantId, key } = await tenant();
    const keyId = ((await call(key, 'GET', '/v1/me')).body['key'] as { id: string }).id;
    const wish = { ...ask, validTo: new Date(clock.now().getTime() + day).toISOString() };
    const ids: unknown[] = [];
    for (const reference of ['one', 'two'])
      ids.push((await call(key, 'POST', '/v1/consents', { ...wish, reference })).body['id']);
    const looks = async () => {
      const { body } = await call(bootstrapKey, 'GET', `/operator/v1/audit?tenantId=${tenantId}&limit=200`);
      const entries = body['items'] as { action: string; actor: { id: string }; details: Record<string, unknown> }[];
      return entries.filter(({ action }) => /^consents?\.(read|listed|searched)$/.test(action));
    };
    expect(await looks()).toEqual([]);

    await call(key, 'GET', `/v1/consents/${ids[0]}`);
    await call(key, 'GET', '/v1/consents?reference=two');
    await call(key, 'POST', '/v1/consents/search', { person });
    const stranger = '03867199348';
    await call(key, 'POST', '/v1/consents/search', { person: stranger });
    const [second, first, list, read, ...rest] = await looks();
    expect(rest).toEqual([]);
    expect(read).toMatchObject({ action: 'consent.read', target: ids[0], actor: { kind: 'api-key', id: keyId } });
    expect(list).toMatchObject({ action: 'consents.listed', details: { ids: [ids[1]] } });
    expect(first).toMatchObject({ action: 'consent.searched', details: { kind: 'person', ids: [ids[1], ids[0]] } });
    expect(second).toMatchObject({ action: 'consent.searched', details: { kind: 'person', found: 0, ids: [] } });
    for (const entry of [second, first, list, read]) expect(entry).toHaveProperty('requestId', expect.any(String));

    // The same person is found again by the same look-up, another by another; neither number stands there.
    await call(key, 'POST', '/v1/consents/search', { person });
    const [again] = await looks();
    expect(again?.details['lookup']).toBe(first?.details['lookup']);
    expect(again?.details['lookup']).toMatch(/^[\w-]{43}$/);
    expect(second?.details['lookup']).not.toBe(first?.details['lookup']);
    const written = JSON.stringify(await looks());
    for (const number of [person, stranger]) expect(written).not.toContain(number);
  },
);

storedTest('what is not there was not looked at', async ({ openStored }) => {
  const { call, tenant } = await openStored();
  const { key } = await tenant();
  expect((await call(key, 'GET', '/v1/consents/0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77')).status).toBe(404);
  const { body } = await call(bootstrapKey, 'GET', '/operator/v1/audit?action=consent.read');
  expect(body['items']).toEqual([]);
});
