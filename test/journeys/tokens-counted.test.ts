import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

type Key = { id: string; name: string; handedOut: { tokens: number; lastAt: string } | null };

const keysOf = async ({ call }: World): Promise<Key[]> =>
  (await call('bank', 'GET', '/v1/api-keys')).body['items'] as Key[];

hubTest('every token that leaves the hub is counted with the API key it left with', async (world) => {
  const { call, ask, answer, becomes, url } = world;
  const scopes = ['tokens:read'];
  const other = (await call('bank', 'POST', '/v1/api-keys', { name: 'the other app', scopes })).body;
  const token = (key: string, scope: string) =>
    fetch(`${url}/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope }),
    });
  for (let many = 0; many < 3; many += 1)
    expect((await call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).status).toBe(200);
  expect((await token(String(other['key']), 'skatteetaten:summertskattegrunnlag')).status).toBe(200);
  // What is refused is not handed out.
  expect((await token(String(other['key']), 'altinn:consentrequests.write')).status).toBe(403);
  const { id, approvalUrl } = await ask('bank');
  await answer(approvalUrl, 'accept');
  await becomes('bank', id, 'accepted');
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(200);

  const counted = await until('all hand-outs to be counted', async () => {
    const keys = await keysOf(world);
    const of = (name: string) => keys.find((key) => key.name === name)?.handedOut?.tokens;
    return of('app') === 4 && of('the other app') === 1 && keys;
  });
  const lastAt = counted.find(({ name }) => name === 'app')?.handedOut?.lastAt ?? '';
  expect(Math.abs(Date.now() - Date.parse(lastAt))).toBeLessThan(60_000);

  // The operator sees them by key and scope, page by page.
  const path = `/operator/v1/tenants/${world.banks.bank.id}/token-hand-outs?per=month&limit=1`;
  const pages: Record<string, unknown>[] = [];
  let next: unknown = null;
  do {
    const { status, body } = await call('operator', 'GET', next === null ? path : `${path}&cursor=${next}`);
    expect(status).toBe(200);
    pages.push(...(body['items'] as Record<string, unknown>[]));
    next = body['next'];
  } while (next !== null);
  const idOf = (name: string) => counted.find((key) => key.name === name)?.id;
  expect(pages).toHaveLength(2);
  expect(pages).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ keyId: idOf('app'), scope: 'skatteetaten:inntekt', tokens: 4 }),
      expect.objectContaining({ keyId: other['id'], scope: 'skatteetaten:summertskattegrunnlag', tokens: 1 }),
    ]),
  );
});
