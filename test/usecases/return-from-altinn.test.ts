import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';

const change = ({ call, banks }: World, body: object) =>
  call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, body);

hubTest(
  'a browser is not sent where the tenant no longer may send it, and the answer counts all the same',
  async (world) => {
    const { id, approvalUrl } = await world.ask('bank');
    expect((await change(world, { redirectUrls: ['https://bank.example/elsewhere'] })).status).toBe(200);
    const ended = await world.answer(approvalUrl, 'accept');
    expect(ended.origin).toBe(new URL(world.url).origin);
    expect(ended.pathname).toMatch(/^\/callback\//);
    expect(world.receiver.visits.filter((visit) => visit.startsWith('GET'))).toEqual([]);
    await world.becomes('bank', id, 'accepted');
    await world.receiver.got('consent.accepted', id);
  },
);

hubTest('a suspended tenant gets no browsers', async (world) => {
  const { id, approvalUrl } = await world.ask('bank');
  const of = `/operator/v1/tenants/${world.banks.bank.id}`;
  await world.call('operator', 'POST', `${of}/suspend`);
  const ended = await world.answer(approvalUrl, 'accept');
  expect(ended.pathname).toMatch(/^\/callback\//);
  expect(world.receiver.visits.filter((visit) => visit.startsWith('GET'))).toEqual([]);
  await world.call('operator', 'POST', `${of}/resume`);
  await world.becomes('bank', id, 'accepted');
});
