import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { given, masked, persons } from '../support/given.ts';
import { hubTest } from '../support/hub-test.ts';

type Tokens = { kind: string; token: string; header: string; expiresAt: string }[];

hubTest('a bank asks, the person accepts, and the bank reads the data', async (world) => {
  const { call, receiver, sandbox, webhook, banks } = world;
  const redirectUrl = `${receiver.url}/done?loan=4711`;
  const ask = given.ask(redirectUrl, { reference: 'loan-4711' });
  const asked = await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=20' });
  expect(asked).toMatchObject({
    status: 201,
    body: {
      status: 'pending',
      version: 2,
      from: { person: masked(persons.one) },
      rights: ask.rights,
      validTo: ask.validTo,
      redirectUrl,
      reference: 'loan-4711',
      upstream: null,
      problem: null,
    },
  });
  const id = String(asked.body['id']);
  expect(asked.headers.get('location')).toBe(`/v1/consents/${id}`);
  expect(asked.headers.get('preference-applied')).toBe('wait=20');
  expect(JSON.stringify(asked.body)).not.toContain(persons.one);
  // The hub's id is Altinn's too.
  expect(await sandbox.consents()).toMatchObject([{ id, to: banks.bank.orgno, status: 'Created', createCalls: 1 }]);
  await receiver.got('consent.requested', id);

  const landed = await world.answer(String(asked.body['approvalUrl']), 'accept');
  expect(landed.origin + landed.pathname).toBe(`${receiver.url}/done`);
  expect(Object.fromEntries(landed.searchParams)).toEqual({ loan: '4711', consent: id, status: 'accepted' });
  await receiver.got('consent.accepted', id);

  const told = receiver.received.map(({ event }) => event);
  expect(told.map(({ type }) => type)).toEqual(['consent.requested', 'consent.accepted']);
  expect(told.map(({ data }) => data.consent?.['version'])).toEqual([2, 3]);
  expect(told.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(told[0]?.data.consent).toMatchObject({ status: 'pending', approvalUrl: asked.body['approvalUrl'] });
  for (const { body, headers, event } of receiver.received) {
    const verified = new Webhook(webhook.secret).verify(body, headers as Record<string, string>);
    expect(verified).toEqual(event);
    expect(headers['webhook-id']).toBe(event.id);
    expect(event.data.consent).not.toHaveProperty('from');
  }

  const { tokens } = (await call('bank', 'POST', `/v1/consents/${id}/token`)).body as { tokens: Tokens };
  expect(tokens).toMatchObject([{ kind: 'maskinporten', header: 'Authorization' }]);
  const read = (person: string) =>
    fetch(`${sandbox.url}/data/skatteetaten/inntekt/${person}`, {
      headers: { authorization: `Bearer ${tokens[0]?.token}` },
    });
  const data = await read(persons.one);
  expect(data.status).toBe(200);
  expect(await data.json()).toMatchObject({ id: persons.one, fraOgMed: '2025-01', tilOgMed: '2025-12' });
  expect((await read(persons.two)).status).toBe(403);
});

hubTest('without Prefer the answer comes at once, and the consent goes its way', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'hold', when: 'before', name: 'altinn' });
  const asked = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  expect(asked).toMatchObject({ status: 202, body: { status: 'queued', version: 1, approvalUrl: null } });
  expect(asked.headers.get('preference-applied')).toBeNull();
  const id = String(asked.body['id']);
  await sandbox.parked('altinn');
  expect(await world.status('bank', id)).toBe('queued');
  await sandbox.release('altinn');
  const pending = await world.becomes('bank', id, 'pending');
  expect(pending).toMatchObject({ version: 2, approvalUrl: expect.stringContaining(id) });
});

hubTest('who waited longer than Altinn took is told that it goes on', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'hold', when: 'before', name: 'altinn' });
  const ask = given.ask(`${receiver.url}/done`);
  const asked = await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=1' });
  expect(asked).toMatchObject({ status: 202, body: { status: 'queued' } });
  expect(asked.headers.get('preference-applied')).toBe('wait=1');
  await sandbox.release('altinn');
  await world.becomes('bank', String(asked.body['id']), 'pending');
});

hubTest('a person says no, and the bank is told where the browser comes back and by webhook', async (world) => {
  const { id, approvalUrl } = await world.ask('bank');
  const landed = await world.answer(approvalUrl, 'reject');
  expect(landed.searchParams.get('status')).toBe('rejected');
  const { event } = await world.receiver.got('consent.rejected', id);
  expect(event.data.consent).toMatchObject({ id, status: 'rejected', version: 3 });
  expect(await world.call('bank', 'POST', `/v1/consents/${id}/token`)).toMatchObject({
    status: 409,
    body: { type: '/problems/consent-not-accepted', consentId: id },
  });
});
