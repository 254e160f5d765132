import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';

const clients = '/operator/v1/maskinporten-clients';
type Jwks = { keys: Record<string, unknown>[] };

const keyPair = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    jwk: privateKey.export({ format: 'jwk' }),
    pem: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  };
};

hubTest(
  'keys born in the hub or handed over as JWK or PEM: each signs, and only public parts are seen',
  async (world) => {
    const { call, sandbox } = world;
    const scope = 'skatteetaten:inntekt';
    const { items } = (await call('operator', 'GET', clients)).body as { items: { id: string; name: string }[] };
    const old = items.find(({ name }) => name === 'Income');
    // The client that held the scope until now lets go of it, so that each new one must do.
    await call('operator', 'PATCH', `${clients}/${old?.id}`, { scopes: [] });
    const [asJwk, asPem] = [keyPair(), keyPair()];
    const keys = [
      ['generated', { generate: true }, undefined],
      ['jwk', { jwk: { ...asJwk.jwk, kid: 'from-jwk' } }, asJwk.jwk['n']],
      ['pem', { pem: asPem.pem, kid: 'from-pem' }, asPem.jwk['n']],
    ] as const;
    for (const [name, key, modulus] of keys) {
      const ask = { name, clientId: `client-${name}`, purpose: 'data', scopes: [scope], key };
      const made = await call('operator', 'POST', clients, ask);
      expect(made).toMatchObject({ status: 201, body: { name, scopes: [scope], keys: [{ state: 'active' }] } });
      const path = `${clients}/${made.body['id']}`;
      const jwks = (await call('operator', 'GET', `${path}/jwks.json`)).body as Jwks;
      expect(jwks.keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', use: 'sig', kid: expect.any(String) }]);
      if (modulus !== undefined) expect(jwks.keys[0]?.['n']).toBe(modulus);
      const seen = JSON.stringify([made.body, jwks, (await call('operator', 'GET', path)).body]);
      for (const part of ['"d":', '"p":', '"q":', '"dp":', 'PRIVATE']) expect(seen).not.toContain(part);
      await fetch(`${sandbox.url}/sandbox/clients`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ clientId: `client-${name}`, scopes: [scope], jwks }),
      });
      await sandbox.advance(11 * 60 * 1000); // what was proved with another client is not believed any more
      await world.ask('bank');
      const grants = (await sandbox.calls('token')).map(({ body }) => JSON.stringify(body));
      expect(grants.some((grant) => grant.includes(`client-${name}`))).toBe(true);
      await call('operator', 'PATCH', path, { scopes: [] });
    }
  },
);

hubTest('a client that holds what is another purpose’s is told so, until it lets go of it', async ({ call }) => {
  const { items } = (await call('operator', 'GET', clients)).body as {
    items: { id: string; purpose: string; scopes: string[]; warnings: unknown[] }[];
  };
  expect(items.flatMap(({ warnings }) => warnings)).toEqual([]);
  const [data] = items.filter(({ purpose }) => purpose === 'data');
  const path = `${clients}/${data?.id}`;
  const scopes = [...(data?.scopes ?? []), 'altinn:consentrequests.write'];
  expect((await call('operator', 'PATCH', path, { scopes })).body['warnings']).toEqual([
    { code: 'scopes-mixed', detail: expect.stringContaining('altinn:consentrequests.write') },
  ]);
  expect((await call('operator', 'PATCH', path, { scopes: data?.scopes })).body['warnings']).toEqual([]);
});

hubTest('a key is exchanged for another without a pause', async (world) => {
  const { call, sandbox } = world;
  const { items } = (await call('operator', 'GET', clients)).body as {
    items: { id: string; clientId: string; keys: { id: string }[] }[];
  };
  const [client] = items;
  const path = `${clients}/${client?.id}`;
  const register = async () => {
    const jwks = (await call('operator', 'GET', `${path}/jwks.json`)).body as Jwks;
    await fetch(`${sandbox.url}/sandbox/clients/${client?.clientId}/jwks`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(jwks),
    });
    return jwks.keys.length;
  };
  expect((await call('operator', 'POST', `${path}/keys`, { generate: true })).status).toBeLessThan(300);
  expect(await register()).toBe(2);
  await sandbox.advance(11 * 60 * 1000);
  await world.ask('bank');
  await call('operator', 'DELETE', `${path}/keys/${client?.keys[0]?.id}`);
  expect(await register()).toBe(1);
  await sandbox.advance(11 * 60 * 1000);
  await world.ask('bank');
});

/** Everything the audit holds, oldest first. */
const audit = async ({ call }: World, query = '') =>
  (
    (await call('operator', 'GET', `/operator/v1/audit?limit=200${query}`)).body['items'] as Record<string, unknown>[]
  ).reverse();

hubTest('the audit tells each change and each look at personal data, and cannot be changed', async (world) => {
  const { call, banks, webhook, databaseUrl } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await call('bank', 'POST', `/v1/consents/${id}/token`);
  await call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' });
  await call('bank', 'POST', '/v1/consents/search', { person: persons.one });
  await call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/rotate-secret`);
  await call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  const made = await call('bank', 'POST', '/v1/api-keys', { name: 'spare', scopes: ['consents:read'] });
  await call('bank', 'DELETE', `/v1/api-keys/${made.body['id']}`);
  const tenant = `/operator/v1/tenants/${banks.bank.id}`;
  await call('operator', 'PATCH', tenant, { name: 'Banken ASA' });
  await call('operator', 'POST', `${tenant}/suspend`);
  await call('operator', 'POST', `${tenant}/resume`);
  await call('operator', 'PATCH', '/operator/v1/services/ske-inntekt', { maxValidityDays: 300 });

  const all = await audit(world);
  const actions = all.map(({ action }) => action);
  for (const action of [
    'service.defined',
    'maskinporten-client.registered',
    'maskinporten-key.added',
    'tenant.created',
    'api-key.created',
    'webhook-endpoint.created',
    'consent-token.handed-out',
    'consent.searched',
    'webhook-endpoint.secret-rotated',
    'consent.withdrawn',
    'api-key.revoked',
    'tenant.changed',
    'tenant.suspended',
    'tenant.resumed',
    'service.changed',
  ])
    expect(actions).toContain(action);
  const search = all.find(({ action }) => action === 'consent.searched');
  expect(search).toMatchObject({
    tenantId: banks.bank.id,
    actor: { kind: 'api-key', name: 'app' },
    details: { kind: 'person', found: 1 },
    requestId: expect.any(String),
  });
  expect(JSON.stringify(all)).not.toContain(persons.one);
  expect(await audit(world, `&tenantId=${banks.insurer.id}&action=consent.searched`)).toEqual([]);
  for (const { tenantId } of await audit(world, `&tenantId=${banks.bank.id}`)) expect(tenantId).toBe(banks.bank.id);

  for (const role of ['hub_tenant', 'hub_operator'])
    for (const text of [`update audit set action = 'x'`, 'delete from audit', 'truncate audit', 'delete from events']) {
      const client = new pg.Client({ connectionString: databaseUrl, options: `-c role=${role}` });
      await client.connect();
      const words: Record<string, string> = {
        'hub_operator delete from events': 'events go by drop_events alone',
        'hub_operator delete from audit': 'rows of audit go with their tenant alone',
      };
      const word = words[`${role} ${text}`] ?? 'permission denied';
      await expect(client.query(text), `${role}: ${text}`).rejects.toThrow(word);
      // Nor with the word that an erasure goes by, while its tenant is there.
      if (words[`${role} ${text}`]) {
        await client.query(`select set_config('hub.erasing', '${banks.bank.id}', false)`);
        const ofOne = client.query(`${text} where tenant_id = '${banks.bank.id}'`);
        await expect(ofOne, text).rejects.toThrow('has not left');
      }
      await client.end();
    }
});

hubTest('the queues tell what is owed and why it waits', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'status', status: 503 }, 100);
  for (let count = 0; count < 3; count += 1)
    await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  await world.settled();
  const queues = (await call('operator', 'GET', '/operator/v1/queues')).body['items'] as Record<string, unknown>[];
  const queue = (name: string) => queues.find((one) => one['queue'] === name);
  expect(queue('submit-consent')).toMatchObject({ owed: 3, failing: 3, lastProblem: 'altinn-unavailable' });
  expect(queue('deliver-webhook')).toMatchObject({ owed: 0, failing: 0, engine: { waiting: 0, active: 0 } });
  const metrics = await (await fetch(world.metricsUrl)).text();
  expect(metrics).toMatch(/^# TYPE /m);
  for (const { id, orgno } of Object.values(world.banks))
    for (const text of [id, orgno]) expect(metrics).not.toContain(text);
  await sandbox.clear();
});

hubTest('what the operator changes disturbs nobody’s call', async ({ call, banks, receiver }) => {
  const ask = given.ask(`${receiver.url}/done`);
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all([
      call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { name: `Banken ${round}` }),
      call('operator', 'PATCH', '/operator/v1/services/ske-inntekt', { maxValidityDays: 300 + round }),
      ...Array.from({ length: 6 }, () => call('bank', 'GET', '/v1/me')),
      ...Array.from({ length: 6 }, () => call('insurer', 'POST', '/v1/consents', ask)),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202]));
  }
  expect((await call('bank', 'GET', '/v1/me')).body).toMatchObject({ tenant: { name: 'Banken 9' } });
});
