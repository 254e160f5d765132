import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from './rows.ts';

const second = 1000;
const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';

const tokensAsked = async ({ sandbox }: World) =>
  (await sandbox.calls('token')).filter(({ body }) => JSON.stringify(body).includes(administration)).length;

hubTest('a token that Altinn no longer takes is replaced, and nobody is troubled', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank');
  await sandbox.forget();
  // No longer fresh, and far from its renewal, which may come from an eighth of a period on.
  await sandbox.advance(2 * second);
  await sandbox.settings({ rotateSigningKey: true });
  await world.ask('bank');
  expect(await tokensAsked(world)).toBe(1);
  // Also where it is first noticed by a look.
  await world.settled();
  await sandbox.advance(2 * second);
  await sandbox.settings({ rotateSigningKey: true });
  await sandbox.person(id, 'accept');
  await world.becomes('bank', id, 'accepted');
  expect(await tokensAsked(world)).toBe(2);
});

hubTest('a token that was fetched just now is not to blame: the operator is told', async (world) => {
  const { sandbox, call, receiver } = world;
  await world.ask('bank');
  // Fresh for as long as this test lasts.
  await rowsOf(world, `update tokens set fetched_at = fetched_at + interval '1 minute' where fetched_at is not null`);
  await rowsOf(world, `select pg_notify('hub', '["changed:tokens"]')`);
  await sandbox.forget();
  await sandbox.fault('create', { kind: 'status', status: 401 });
  await expect(world.ask('bank')).rejects.toThrow(/altinn-not-authorised/);
  expect(await tokensAsked(world)).toBe(0);
  expect((await call('bank', 'GET', '/v1/consents?status=blocked')).body['items']).toHaveLength(1);
  await receiver.got('consent.blocked');
});

const owedFetch = (world: World, scope: string) =>
  rowsOf(
    world,
    `with made as (
       insert into tokens (tenant_id, id, identity, client_id, scopes, resource, created_at)
       select $1, gen_random_uuid(), 'by hand', id, array[$2], '{}', now() from maskinporten_clients limit 1 returning id)
     insert into outbox (job, tenant_id, subject_id, due_at, created_at) select 'fetch-token', $1, id, now(), now() from made`,
    [world.banks.bank.id, scope],
  );

hubTest('a worker fetches no token for a tenant that the tenant may not have, whoever owes it', async (world) => {
  await world.settled();
  await world.sandbox.forget();
  for (const scope of [administration, 'skatteetaten:others']) {
    await owedFetch(world, scope);
    await until('a line about it', () =>
      world.logs.some((line) => line.includes('does not hand out') && line.includes(scope)),
    );
    await world.settled();
    expect(
      await rowsOf(
        world,
        `delete from tokens where identity = 'by hand' and token_sealed is null and failure->>'code' = 'scope-not-offered' returning 1`,
      ),
    ).toHaveLength(1);
  }
  expect(await world.sandbox.calls('token')).toEqual([]);
});

hubTest('a row that says another thing than its identity leads to no token', async (world) => {
  const { call, sandbox } = world;
  expect((await call('bank', 'POST', '/v1/tokens', { scope: income })).status).toBe(200);
  await world.settled();
  const planted = `update tokens set scopes = array[$2], token_sealed = null, expires_at = null, fetched_at = null
    where tenant_id = $1 and scopes = array[$3] returning 1`;
  expect(await rowsOf(world, planted, [world.banks.bank.id, administration, income])).toHaveLength(1);
  await sandbox.forget();
  await owedFetch(world, income);
  await until('the work to be done', async () => {
    const owed = await rowsOf(world, `select 1 from outbox where job = 'fetch-token'`);
    return owed.length === 0;
  });
  expect(await sandbox.calls('token')).toEqual([]);
  await world.sandbox.advance(6 * second);
  expect((await call('bank', 'POST', '/v1/tokens', { scope: income })).body['type']).toBe('/problems/token-unexpected');
});

hubTest(
  'a scope that a client for consent administration holds is not handed out, whatever the catalogue says',
  async (world) => {
    const { call } = world;
    expect((await call('bank', 'POST', '/v1/tokens', { scope: income })).status).toBe(200);
    const { body } = await call('operator', 'GET', '/operator/v1/maskinporten-clients');
    const clients = body['items'] as { id: string; purpose: string; scopes: string[] }[];
    const own = clients.find(({ purpose }) => purpose === 'consents');
    await call('operator', 'PATCH', `/operator/v1/maskinporten-clients/${own?.id}`, {
      scopes: [administration, income],
    });
    await until('it to be refused', async () => {
      const answer = await call('bank', 'POST', '/v1/tokens', { scope: income });
      return answer.status === 403 && answer.body['type'] === '/problems/scope-not-offered';
    });
  },
);

hubTest('a refusal is heard of at once, also when a worker’s clock is behind', async (world) => {
  const { call, sandbox } = world;
  await sandbox.fault('token', { kind: 'hold', when: 'before', name: 'token' });
  const asking = call('bank', 'POST', '/v1/tokens', { scope: income });
  await sandbox.parked('token');
  const refused = { code: 'access-not-granted', detail: 'x', mover: 'api-owner' };
  const note = 'update tokens set failure = $2, failed_until = $3 where tenant_id = $1 and scopes = array[$4]';
  const past = new Date((await sandbox.now()).getTime() - 60 * second);
  await rowsOf(world, note, [world.banks.bank.id, refused, past, income]);
  expect((await asking).body['type']).toBe('/problems/access-not-granted');
  await sandbox.release('token');
});

hubTest('a renewal that waited for somebody else’s does not ask again', async (world) => {
  const { call, sandbox } = world;
  expect((await call('bank', 'POST', '/v1/tokens', { scope: income })).status).toBe(200);
  const note = `select t.id, t.used_at from tokens t where tenant_id = $1 and scopes = array[$2]`;
  const token = await until('its use to be noted', async () => {
    const rows = await rowsOf<{ id: string; used_at: Date | null }>(world, note, [world.banks.bank.id, income]);
    return rows[0]?.used_at ? rows[0] : undefined;
  });
  await world.settled();
  await sandbox.forget();
  const lease = `update tokens set leased_until = clock_timestamp() + interval '1 hour' where id = $1`;
  await rowsOf(world, lease, [token.id]);
  await sandbox.advance(115 * second);
  await until('its renewal to be under way', () =>
    world.logs.some(
      (line) => line.includes('"started"') && line.includes('"refresh-token"') && line.includes(token.id),
    ),
  );
  const now = await sandbox.now();
  const renewed = `update tokens set fetched_at = $2, expires_at = $3, leased_until = null where id = $1`;
  await rowsOf(world, renewed, [token.id, now, new Date(now.getTime() + 120 * second)]);
  await until('the renewal to have ended', async () => {
    const owed = `select failures from outbox where job = 'refresh-token' and subject_id = $1`;
    const [row] = await rowsOf<{ failures: number }>(world, owed, [token.id]);
    const [out] = await rowsOf(world, `${owed} and leased_until is not null`, [token.id]);
    // One that gave up waiting, as on a busy machine it may, is tried again.
    if (row && row.failures > 0 && !out) await sandbox.advance(5 * second);
    return !out && !(row && row.failures > 0);
  });
  const asked = (await sandbox.calls('token')).filter(({ body }) => JSON.stringify(body).includes(income));
  expect(asked).toEqual([]);
});

hubTest('tokens of one scope are held for a hundred resources and no more', async (world) => {
  const { call, banks } = world;
  const audience = (number: number) =>
    call('bank', 'POST', '/v1/tokens', { scope: income, resource: `https://api.example/${number}` });
  expect((await audience(1)).status).toBe(200);
  await rowsOf(
    world,
    `insert into tokens (tenant_id, id, identity, client_id, scopes, resource, created_at)
     select $1, gen_random_uuid(), n::text::bytea, gen_random_uuid(), array[$2], array['x'], now() from generate_series(1, 99) n`,
    [banks.bank.id, income],
  );
  expect(await audience(2)).toMatchObject({ status: 409, body: { type: '/problems/token-resources-too-many' } });
  expect((await audience(1)).status).toBe(200);
  expect((await call('bank', 'POST', '/v1/tokens', { scope: income })).status).toBe(200);
  // In time there is room again.
  await world.sandbox.advance(3600 * second);
  expect((await audience(3)).status).toBe(200);
});

hubTest('a consent that ends while its token is being fetched gets none', async (world) => {
  const { call, sandbox } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await world.settled();
  await sandbox.fault('token', { kind: 'hold', when: 'after', name: 'token' });
  const asking = call('bank', 'POST', `/v1/consents/${id}/token`);
  await sandbox.parked('token');
  // As if its row had been made a moment after the consent's end swept such rows away.
  await rowsOf(world, `update consents set status = 'withdrawn' where id = $1`, [id]);
  await sandbox.release('token');
  expect(await asking).toMatchObject({ status: 409, body: { type: '/problems/consent-not-usable' } });
  expect(await rowsOf(world, 'select 1 from tokens where consent_id = $1 and token_sealed is not null', [id])).toEqual(
    [],
  );
});

hubTest('who waits for a consent’s token hears at once that it was withdrawn', async (world) => {
  const { call, sandbox } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await sandbox.fault('token', { kind: 'hold', when: 'before', name: 'token' });
  const asking = call('bank', 'POST', `/v1/consents/${id}/token`);
  await sandbox.parked('token');
  expect((await call('bank', 'POST', `/v1/consents/${id}/withdraw`)).status).toBe(200);
  expect((await asking).status).toBeGreaterThanOrEqual(409);
  await sandbox.release('token');
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).body['type']).toBe('/problems/consent-not-accepted');
});
