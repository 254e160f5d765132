import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from './rows.ts';

const day = 24 * 60 * 60 * 1000;

type Row = { party_lookup: unknown; party_sealed: unknown; party_masked: string; message: unknown; reference: string };
const rowOf = async (world: World, id: string): Promise<Row | undefined> =>
  (
    await rowsOf<Row>(
      world,
      'select party_lookup, party_sealed, party_masked, message, reference from consents where id = $1',
      [id],
    )
  )[0];
const erased = (world: World, id: string) =>
  until('the person to be erased', async () => {
    const row = await rowOf(world, id);
    return row?.party_sealed === null && row;
  });
const gone = { party_lookup: null, party_sealed: null, party_masked: '***********', message: null };

hubTest(
  'of an ended consent the person goes in time, with the message; the tenant’s own word for it stays',
  async (world) => {
    const { id } = await world.ask('bank', { reference: 'loan-4711' });
    // No service of the sandbox takes a message, so it is put there by hand.
    await rowsOf(world, `update consents set message = '{"nb": "Hei, Kari"}' where id = $1`, [id]);
    await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`);
    await world.sandbox.advance(89 * day);
    await world.settled();
    expect(await rowOf(world, id)).toMatchObject({ message: { nb: 'Hei, Kari' }, party_sealed: expect.anything() });
    await world.sandbox.advance(2 * day);
    expect(await erased(world, id)).toEqual({ ...gone, reference: 'loan-4711' });
  },
);

hubTest('a shorter time reaches those that ended before it was set', async (world) => {
  const { id } = await world.ask('bank');
  await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  // Owed for long after the 90 days of today, as under an older setting.
  await rowsOf(world, `update outbox set due_at = due_at + interval '10 years' where job = 'erase-consent'`);
  await world.sandbox.advance(89 * day);
  await world.settled();
  expect(await rowOf(world, id)).toMatchObject({ party_sealed: expect.anything() });
  await world.sandbox.advance(2 * day);
  expect(await erased(world, id)).toMatchObject(gone);
});

hubTest('a suspended tenant’s consents come to no end, and their persons are erased all the same', async (world) => {
  const { call, banks } = world;
  const { id } = await world.ask('bank');
  await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/suspend`);
  await world.sandbox.advance(102 * day);
  expect(await erased(world, id)).toMatchObject(gone);
  await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/resume`);
  await world.becomes('bank', id, 'expired');
});

hubTest('no consent lasts longer than ten years, also where its service says nothing', async (world) => {
  const { call, receiver } = world;
  await call('operator', 'POST', '/operator/v1/services', {
    key: 'endless',
    generation: 'altinn3',
    resource: 'ske-samtykke-sbl-inntekt',
    dataScope: 'skatteetaten:inntekt',
    metadata: [],
    messageAllowed: false,
    checkDataAccess: false,
  });
  await call('operator', 'PATCH', `/operator/v1/tenants/${world.banks.bank.id}`, {
    services: ['ske-inntekt', 'endless'],
  });
  const ask = (days: number) =>
    call(
      'bank',
      'POST',
      '/v1/consents',
      given.ask(`${receiver.url}/done`, {
        rights: [{ service: 'endless', metadata: {} }],
        validTo: new Date(Date.now() + days * day).toISOString(),
      }),
    );
  expect(await ask(3660)).toMatchObject({ status: 422, body: { type: '/problems/valid-to-too-late' } });
  expect((await ask(3650)).status).toBe(202);
});
