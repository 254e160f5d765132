import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { given, masked, persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';

type Tokens = { token: string }[];

/** What Altinn was sent for one consent. */
const sentFor = async ({ sandbox }: World, id: string): Promise<Record<string, unknown>> => {
  const bodies = (await sandbox.calls('create')).map(({ body }) => body as Record<string, unknown>);
  const [found] = bodies.filter((body) => body['id'] === id);
  if (!found) throw new Error(`Altinn was never asked for ${id}`);
  return found;
};

const tokenOf = async ({ call }: World, id: string): Promise<string> => {
  const { body } = await call('bank', 'POST', `/v1/consents/${id}/token`);
  return (body['tokens'] as Tokens)[0]?.token ?? '';
};

hubTest('an organisation is asked, and its number may be seen', async (world) => {
  const { id } = await world.ask('bank', { from: { organization: '910514318' } });
  expect(await sentFor(world, id)).toMatchObject({ from: 'urn:altinn:organization:identifier-no:910514318' });
  await world.sandbox.person(id, 'accept');
  await world.sandbox.advance(6000);
  expect(await world.becomes('bank', id, 'accepted')).toMatchObject({ from: { organization: '910514318' } });
  const response = await fetch(`${world.sandbox.url}/data/skatteetaten/inntekt/910514318`, {
    headers: { authorization: `Bearer ${await tokenOf(world, id)}` },
  });
  expect(response.status).toBe(200);
  const search = await world.call('bank', 'POST', '/v1/consents/search', { organization: '910514318' });
  expect(search.body).toMatchObject({ items: [{ id }] });
});

hubTest('two rights for the same resource cover two periods, and nothing between them', async (world) => {
  const right = (year: number) => ({
    service: 'ske-inntekt',
    metadata: { fraogmed: `${year}-01`, tilogmed: `${year}-12` },
  });
  const { id, approvalUrl } = await world.ask('bank', { rights: [right(2022), right(2024)] });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  const headers = { authorization: `Bearer ${await tokenOf(world, id)}` };
  const statusOf = async (first: string, last: string) =>
    (
      await fetch(`${world.sandbox.url}/data/skatteetaten/inntekt/${persons.one}?fraOgMed=${first}&tilOgMed=${last}`, {
        headers,
      })
    ).status;
  expect(await statusOf('2022-01', '2022-12')).toBe(200);
  expect(await statusOf('2024-03', '2024-06')).toBe(200);
  expect(await statusOf('2023-01', '2023-06')).toBe(403);
  expect(await statusOf('2022-12', '2024-01')).toBe(403);
  const { body } = await world.call('bank', 'GET', `/v1/consents/${id}`);
  expect(body['rights']).toEqual([right(2022), right(2024)]);
});

hubTest('two services are consented to at once, and each data source has its own token', async (world) => {
  const { id, approvalUrl } = await world.ask('bank', {
    rights: [
      { service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-03' } },
      { service: 'ske-skattegrunnlag', metadata: { inntektsaar: '2024' } },
    ],
  });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  const { body } = await world.call('bank', 'POST', `/v1/consents/${id}/token`);
  const tokens = body['tokens'] as Tokens;
  const readWith = (token: string) =>
    Promise.all(
      ['inntekt', 'summertskattegrunnlag'].map(async (data) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`${world.sandbox.url}/data/skatteetaten/${data}/${persons.one}`, { headers })).status;
      }),
    );
  expect(await Promise.all(tokens.map(({ token }) => readWith(token)))).toEqual([
    [200, 403],
    [403, 200],
  ]);
});

hubTest('a message reaches the person, and another must answer for the one asked', async (world) => {
  const { call, banks } = world;
  await call('operator', 'POST', '/operator/v1/services', {
    key: 'enkelt',
    generation: 'altinn3',
    resource: 'enkelt-samtykke',
    dataScope: 'skatteetaten:inntekt',
    metadata: ['simpletag'],
    messageAllowed: true,
    checkDataAccess: false,
  });
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { services: ['enkelt'] });
  const managers = [persons.one, persons.two];
  await callJson('POST', `${world.sandbox.url}/sandbox/organizations`, undefined, {
    orgno: '910514318',
    name: 'Syntetisk foretak',
    managers,
  });
  const message = { nb: 'Til lånesøknaden din.', nn: 'Til lånesøknaden din.', en: 'For your loan.' };
  const { id, approvalUrl } = await world.ask('bank', {
    rights: [{ service: 'enkelt', metadata: { simpletag: '2026' } }],
    message,
    requiredDelegator: { person: persons.two },
    from: { organization: '910514318' },
  });
  expect(await sentFor(world, id)).toMatchObject({
    requestMessage: message,
    requiredDelegator: `urn:altinn:person:identifier-no:${persons.two}`,
  });
  const { body } = await call('bank', 'GET', `/v1/consents/${id}`);
  expect(body['message']).toEqual(message);
  // Only the one who was named may answer.
  await expect(world.answer(approvalUrl, 'accept', persons.one)).rejects.toThrow('no form to answer');
  expect((await world.answer(approvalUrl, 'accept', persons.two)).searchParams.get('status')).toBe('accepted');
});

hubTest(
  'a person is found again by number, by reference, by service and by status, and always masked',
  async (world) => {
    const { call } = world;
    const { id: first } = await world.ask('bank', { reference: 'loan-1' });
    const { id: second } = await world.ask('bank', { reference: 'loan-2', from: { person: persons.two } });
    await world.sandbox.person(second, 'reject');
    await world.sandbox.advance(6000);
    await world.becomes('bank', second, 'rejected');
    const found = async (query: string) =>
      ((await call('bank', 'GET', `/v1/consents?${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);
    expect(await found('')).toEqual([second, first]);
    expect(await found('reference=loan-1')).toEqual([first]);
    expect(await found('status=rejected')).toEqual([second]);
    expect(await found('service=ske-skattegrunnlag')).toEqual([]);
    expect(await found(`service=ske-inntekt&createdAfter=2000-01-01T00:00:00Z`)).toEqual([second, first]);
    expect(await found(`createdBefore=2000-01-01T00:00:00Z`)).toEqual([]);
    const search = await call('bank', 'POST', '/v1/consents/search', { person: persons.two });
    expect(search.body).toMatchObject({ items: [{ id: second, from: { person: masked(persons.two) } }], next: null });
    expect((await call('bank', 'POST', '/v1/consents/search', { person: persons.three })).body['items']).toEqual([]);
    expect((await call('insurer', 'POST', '/v1/consents/search', { person: persons.two })).body['items']).toEqual([]);
  },
);

hubTest('a long list is read page by page', async (world) => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const { body } = await world.call('bank', 'POST', '/v1/consents', given.ask(`${world.receiver.url}/done`));
    ids.unshift(String(body['id']));
  }
  const read: string[] = [];
  let cursor = '';
  do {
    const { body } = await world.call('bank', 'GET', `/v1/consents?limit=2${cursor && `&cursor=${cursor}`}`);
    read.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
    cursor = String(body['next'] ?? '');
  } while (cursor !== '');
  expect(read).toEqual(ids);
});
