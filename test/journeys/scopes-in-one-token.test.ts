import { expect } from 'vitest';
import { runHub } from '../cli/run-hub.ts';
import { given } from '../support/given.ts';
import { hubTest } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';

const [read, write] = ['altinn:consentrequests.read', 'altinn:consentrequests.write'] as const;
const clients = '/operator/v1/maskinporten-clients';
const hour = 60 * 60 * 1000;

hubTest(
  'where the consent API wants two scopes, one token carries both; that one shortens the other’s life is warned of',
  async (world) => {
    const { call, sandbox, ask, answer, becomes, settled, databaseUrl, receiver } = world;
    type Listed = { id: string; clientId: string; purpose: string; warnings: { code: string; detail: string }[] };
    const listed = async () =>
      ((await call('operator', 'GET', clients)).body['items'] as Listed[]).find(
        ({ purpose }) => purpose === 'consents',
      );
    const { id = '', clientId } = (await listed()) ?? {};
    const put = (method: string, path: string, body: object) =>
      fetch(`${sandbox.url}/sandbox/${path}`, {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    await call('operator', 'PATCH', `${clients}/${id}`, { scopes: [write, read] });
    await put('POST', 'clients', { clientId, scopes: [write, read] });
    await put('PUT', `scopes/${encodeURIComponent(read)}`, { atMaxAge: 60 });

    const consent = await ask('bank');
    await answer(consent.approvalUrl, 'accept');
    await becomes('bank', consent.id, 'accepted');
    const asked = (await sandbox.calls('token')).map(({ body, status }) => {
      const { assertion } = (body ?? {}) as { assertion?: { claims?: { scope?: string } } };
      return { status, scope: assertion?.claims?.scope };
    });
    expect(asked.filter(({ scope }) => scope?.includes('consentrequests') === true)).toContainEqual({
      status: 200,
      scope: `${read} ${write}`,
    });
    const { body: readiness } = await call('bank', 'GET', '/v1/readiness');
    expect((readiness['services'] as { ready: boolean }[])[0]).toMatchObject({ ready: true });
    // What the hub asks for itself it hands out to nobody, neither together nor apart.
    for (const scope of [read, write])
      expect((await call('bank', 'POST', '/v1/tokens', { scope })).body['type']).toBe('/problems/scope-not-offered');

    expect((await listed())?.warnings).toEqual([]);
    await sandbox.advance(2 * hour);
    await settled();
    const [warning] = await until('the next tidying to have read the catalogue', async () => {
      const { warnings = [] } = (await listed()) ?? {};
      return warnings.length > 0 && warnings;
    });
    expect(warning).toEqual({
      code: 'lives-mixed',
      detail: expect.stringContaining(`${read} lives 60 s at most, ${write} has no limit`),
    });
    const settings = {
      DATABASE_URL: databaseUrl,
      ALTINN3_CONSENT_SCOPE: `${read} ${write}`,
      HUB_SANDBOX_PORT: new URL(sandbox.url).port,
    };
    const whole = await runHub(['doctor'], settings);
    expect(whole.stdout).toMatch(/^! client scopes +Consent administration: .*lives 60 s at most/m);
    const path = await runHub(['doctor', '--client', 'Consent administration'], settings);
    expect(path.stdout).toMatch(/^! warning +altinn:consentrequests\.read lives 60 s at most/m);

    // A client that is stopped and goes on takes with it what waits for both scopes together.
    const client = await operatorsClient(world, 'Consent administration');
    const keys = await client.jwks();
    await sandbox.register(client.clientId, { keys: [] });
    await sandbox.advance(hour / 5);
    const { body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
    await becomes('bank', String(body['id']), 'blocked');
    expect((await client.probe()).stopped).not.toBeNull();
    const { body: again } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
    await becomes('bank', String(again['id']), 'blocked');
    await sandbox.register(client.clientId, keys);
    // One client is looked at by hand once in ten seconds.
    await sandbox.advance(11_000);
    expect((await client.probe()).stopped).toBeNull();
    for (const id of [body['id'], again['id']]) await becomes('bank', String(id), 'pending');
  },
  { ALTINN3_CONSENT_SCOPE: `${write} ${read}` },
);
