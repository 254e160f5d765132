import { expect } from 'vitest';
import { bootstrapKey, storedTest } from './stored-hub.ts';

const day = 24 * 60 * 60 * 1000;

storedTest(
  'an invitation leads to the page for as long as it is in force and its tenant at work',
  async ({ openStored }) => {
    const { call, tenant, clock, url } = await openStored();
    const { id: tenantId } = await tenant();
    const path = `/operator/v1/tenants/${tenantId}/invitations`;
    const ahead = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
    const invite = async (body: object = {}) => (await call(bootstrapKey, 'POST', path, body)).body;
    const opens = async (link: unknown, query = '') =>
      (await fetch(`${url}${new URL(String(link)).pathname}${query}`)).status;

    const made = await invite({ expiresAt: ahead(2 * day) });
    expect(String(made['link'])).toMatch(/^https:\/\/hub\.example\/invitation\/[\w-]{43}$/);
    // Nobody reads it unseen by saying that they come back from its button.
    expect([await opens(made['link'], '?from=check'), await opens(made['link'])]).toEqual([200, 200]);
    const list = async () => (await call(bootstrapKey, 'GET', path)).body['items'];
    expect(await list()).toMatchObject([{ id: made['id'], language: null, openings: 2, state: 'open' }]);
    expect(JSON.stringify(await list())).not.toContain('link');

    await call(bootstrapKey, 'POST', `/operator/v1/tenants/${tenantId}/suspend`);
    expect(await opens(made['link'])).toBe(404);
    for (const again of [path, `${path}/${made['id']}/resend`])
      expect(await call(bootstrapKey, 'POST', again)).toMatchObject({ body: { type: '/problems/tenant-suspended' } });
    await call(bootstrapKey, 'POST', `/operator/v1/tenants/${tenantId}/resume`);
    expect(await opens(made['link'])).toBe(200);

    clock.move(2 * day);
    expect(await opens(made['link'])).toBe(404);
    expect(await list()).toMatchObject([{ state: 'expired', openings: 3 }]);
    const resent = await call(bootstrapKey, 'POST', `${path}/${made['id']}/resend`, { language: 'en' });
    expect(resent).toMatchObject({
      status: 200,
      body: { id: made['id'], language: 'en', openings: 0, openedAt: null },
    });
    const lastsMs = Date.parse(String(resent.body['expiresAt'])) - Date.parse(String(resent.body['sentAt']));
    expect(lastsMs).toBe(30 * day);
    expect([await opens(made['link']), await opens(resent.body['link'])]).toEqual([404, 200]);

    for (let times = 0; times < 2; times++)
      expect((await call(bootstrapKey, 'DELETE', `${path}/${made['id']}`)).status).toBe(204);
    expect(await opens(resent.body['link'])).toBe(404);
    expect(await call(bootstrapKey, 'POST', `${path}/${made['id']}/resend`)).toMatchObject({
      status: 409,
      body: { type: '/problems/invitation-withdrawn' },
    });
    const { body } = await call(bootstrapKey, 'GET', `/operator/v1/audit?tenantId=${tenantId}`);
    const told = (body['items'] as { action: string; details: object }[]).filter(({ action }) => /invit/.test(action));
    expect(told.map(({ action }) => action).toReversed()).toEqual([
      'tenant.invited',
      'invitation.opened',
      'invitation.sent-again',
      'invitation.opened',
      'invitation.withdrawn',
    ]);
    expect(told.at(2)?.details).toMatchObject({ before: { openings: 3 } });
  },
);

storedTest('what cannot be an invitation, or no words for one, is refused', async ({ openStored }) => {
  const { call, tenant, clock } = await openStored();
  const { id } = await tenant();
  const path = `/operator/v1/tenants/${id}/invitations`;
  const stranger = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';
  const texts = '/operator/v1/invitation-texts';
  const at = (days: number) => ({ expiresAt: new Date(clock.now().getTime() + days * day).toISOString() });
  for (const [method, where, body, code] of [
    ['POST', path, at(-1), 'expires-at-past'],
    ['POST', path, at(91), 'invitation-too-long'],
    ['POST', path, { language: 'se' }, 'request-invalid'],
    ['POST', path, { email: 'kari@bank.example' }, 'field-unknown'],
    ['POST', `/operator/v1/tenants/${stranger}/invitations`, {}, 'tenant-not-found'],
    ['POST', `${path}/${stranger}/resend`, {}, 'invitation-not-found'],
    ['DELETE', `${path}/${stranger}`, undefined, 'invitation-not-found'],
    ['PUT', `${texts}/se`, { intro: 'Bures' }, 'not-found'],
    ['PUT', `${texts}/nb`, { heading: 'To\nlinjer' }, 'request-invalid'],
    ['PUT', `${texts}/nb`, { intro: 'x'.repeat(4001) }, 'request-invalid'],
    ['PUT', `${texts}/nb`, { closing: '\u0007' }, 'request-invalid'],
    ['PUT', `${texts}/nb`, { intro: 'Spør 25922947409' }, 'national-id-not-allowed'],
  ] as const)
    expect((await call(bootstrapKey, method, where, body)).body, `${method} ${where}`).toMatchObject({
      type: `/problems/${code}`,
    });
});

storedTest('the operator’s own words are kept by language, and can be taken back', async ({ openStored }) => {
  const { call } = await openStored();
  const path = '/operator/v1/invitation-texts/nn';
  const none = { language: 'nn', heading: null, intro: null, closing: null, updatedAt: null };
  expect((await call(bootstrapKey, 'GET', path)).body).toEqual(none);
  const put = await call(bootstrapKey, 'PUT', path, { intro: 'Hei.\r\n\r\nVi hjelper.\r\n' });
  expect(put.body).toMatchObject({ heading: null, intro: 'Hei.\n\nVi hjelper.' });
  expect((await call(bootstrapKey, 'PUT', path, { closing: 'Ha det' })).body).toMatchObject({ intro: null });
  expect((await call(bootstrapKey, 'DELETE', path)).status).toBe(204);
  expect((await call(bootstrapKey, 'GET', path)).body).toEqual(none);
  const { body } = await call(bootstrapKey, 'GET', '/operator/v1/audit');
  expect(body['items']).toMatchObject([
    { action: 'invitation-text.reset' },
    { action: 'invitation-text.changed', target: 'nn', details: { closing: 'Ha det' } },
    { action: 'invitation-text.changed' },
  ]);
});
