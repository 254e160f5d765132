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
});
