import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';

const services = '/operator/v1/services';

/** Services of one's own beside those of the demo, all offered to the bank. */
const offered = async ({ call, banks }: World, ...more: Record<string, unknown>[]) => {
  for (const service of more) expect(await call('operator', 'POST', services, service)).toMatchObject({ status: 201 });
  const keys = ['ske-inntekt', 'ske-skattegrunnlag', ...more.map(({ key }) => key)];
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { services: keys });
};

const refusal = async ({ call, receiver }: World, change: Record<string, unknown>) => {
  const { status, body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`, change));
  const [first] = (body['errors'] ?? []) as { field: string }[];
  return [status, String(body['type']).replace('/problems/', ''), first?.field];
};

const simple = {
  key: 'simple',
  generation: 'altinn3',
  resource: 'enkelt-samtykke',
  dataScope: 'skatteetaten:inntekt',
  metadata: ['simpletag'],
  template: 'samtykkemal_simpleconsent',
  messageAllowed: true,
  messageRequired: true,
};
const older = {
  key: '4628_210607',
  generation: 'altinn2',
  serviceCode: '4628',
  serviceEditionCode: 210607,
  dataScope: 'skatteetaten:summertskattegrunnlag',
  metadata: ['inntektsaar'],
  maxValidityDays: 10,
  validityMarginMinutes: 61,
};

hubTest(
  'what the catalogue knows of templates, messages, names and ends is held before anything leaves',
  async (world) => {
    await offered(world, simple, older);
    const one = { service: 'simple', metadata: { simpletag: 'x' } };
    const two = { service: '4628_210607', metadata: { inntektsaar: '2025' } };
    const loan = { service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } };
    const message = { nb: 'Vi trenger dette.' };
    expect(await refusal(world, { rights: [one] })).toEqual([422, 'message-required', '/message']);
    expect(await refusal(world, { rights: [one], message: { nb: ' ' } })).toEqual([
      422,
      'message-required',
      '/message',
    ]);
    expect(await refusal(world, { rights: [loan], message })).toEqual([422, 'message-not-allowed', '/message']);
    expect(await refusal(world, { rights: [one, loan], message })).toEqual([422, 'services-mixed', '/rights']);
    expect(await refusal(world, { rights: [two, loan] })).toEqual([422, 'services-mixed', '/rights']);
    expect(await refusal(world, { rights: [two] })).toEqual([422, 'name-missing', '/from/name']);
    const from = { person: persons.one, name: 'Nordmann' };
    const requiredDelegator = { person: persons.one };
    expect(await refusal(world, { rights: [two], from, requiredDelegator })).toEqual([
      422,
      'name-missing',
      '/requiredDelegator/name',
    ]);
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    const most = 10 * 24 * 60 - 61;
    expect(await refusal(world, { rights: [two], from, validTo: inMinutes(most + 1) })).toEqual([
      422,
      'valid-to-too-late',
      '/validTo',
    ]);
    expect(await refusal(world, { rights: [two], from, validTo: inMinutes(most - 1) })).toEqual([
      202,
      'undefined',
      undefined,
    ]);
    const told = (await world.call('bank', 'GET', '/v1/services')).body['items'];
    expect(told).toContainEqual(
      expect.objectContaining({ key: '4628_210607', maxValidityDays: 10, validityMarginMinutes: 61 }),
    );
    expect(told).toContainEqual(expect.objectContaining({ key: 'simple', messageRequired: true }));
  },
);

hubTest(
  'the operator edits a service, empties what was set, and cannot move one under consents that stand on it',
  async (world) => {
    const { call } = world;
    await offered(world, simple);
    const path = `${services}/simple`;
    const change = {
      dataScope: 'skatteetaten:summertskattegrunnlag',
      metadata: ['simpletag', 'more'],
      maxValidityDays: 5,
    };
    expect(await call('operator', 'PATCH', path, change)).toMatchObject({ status: 200, body: change });
    expect(await call('operator', 'PATCH', path, { maxValidityDays: null, template: null })).toMatchObject({
      body: { maxValidityDays: null, template: null, messageRequired: true },
    });
    const wrong = async (body: Record<string, unknown>) => {
      const told = await call('operator', 'PATCH', path, body);
      return [told.status, (told.body['errors'] as { field: string }[])[0]?.field];
    };
    expect(await wrong({ metadata: ['Simpletag', 'simpletag'] })).toEqual([422, '/metadata']);
    expect(await wrong({ messageAllowed: false })).toEqual([422, '/messageRequired']);
    expect(await wrong({ validityMarginMinutes: 61 })).toEqual([422, '/validityMarginMinutes']);

    expect((await call('operator', 'PATCH', path, { resource: 'samtykke-esoknad' })).status).toBe(200);
    expect(
      (await call('operator', 'PATCH', path, { resource: 'enkelt-samtykke', metadata: ['simpletag'] })).status,
    ).toBe(200);
    const { id } = await world.ask('bank', {
      rights: [{ service: 'simple', metadata: { simpletag: 'x' } }],
      message: { nb: 'Vi trenger dette.' },
    });
    const moved = await call('operator', 'PATCH', path, { resource: 'samtykke-esoknad' });
    expect(moved).toMatchObject({
      status: 409,
      body: { type: '/problems/service-in-use', errors: [{ field: '/resource' }] },
    });
    expect((await call('operator', 'PATCH', path, { resource: 'enkelt-samtykke', maxValidityDays: 9 })).status).toBe(
      200,
    );
    await call('bank', 'POST', `/v1/consents/${id}/withdraw`);
    expect((await call('operator', 'PATCH', path, { resource: 'samtykke-esoknad' })).status).toBe(200);
  },
);
