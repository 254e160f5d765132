import { callJson, mustCall } from '../../src/cli/call-json.ts';
import { openBanks, openHubWithSandbox, organizationNumbers } from './banks.ts';
import { openGrants } from './bare/grants.ts';
import { type Figure, median, percentiles, rateOf } from './figure.ts';
import { connections, type Ground } from './ground.ts';
import { type Loaded, load, post } from './load.ts';
import { startProcess } from './processes.ts';

const rounds = 3;
const seconds = 4;
const banks = 100;
const scopes = ['skatteetaten:inntekt', 'skatteetaten:summertskattegrunnlag'];
type Hub = Awaited<ReturnType<typeof openHubWithSandbox>>;

/** `POST /v1/tokens` where the token is there already, beside a bare Koa route that looks at the key's digest. */
const warm = async (hub: Hub, keys: readonly string[]): Promise<Figure> => {
  const ask = JSON.stringify({ scope: scopes[0] });
  const requests = keys.map((key) => post(`${hub.url}/v1/tokens`, { authorization: `Bearer ${key}` }, ask));
  let bytes = 0;
  for (const key of keys)
    bytes = JSON.stringify(await mustCall('POST', `${hub.url}/v1/tokens`, key, JSON.parse(ask))).length;
  const args = ['test/bench/bare/koa.ts', '/v1/tokens', '200', String(bytes - 13), String(keys[0])];
  const koa = await startProcess('bare-koa-tokens', args, {}, hub.ground.directory);
  const bare = post(`${koa.ready['url']}/v1/tokens`, { authorization: `Bearer ${keys[0]}` }, ask);
  const results = { koa: [] as Loaded[], hub: [] as Loaded[] };
  let asked = 0;
  const next = () => {
    asked += 1;
    return requests[asked % requests.length] as string;
  };
  try {
    for (let turn = -1; turn < rounds; turn += 1) {
      const url = `${koa.ready['url']}/v1/tokens`;
      const both = {
        koa: await load({ url, connections, seconds, status: 200, next: () => bare }),
        hub: await load({ url: hub.url, connections, seconds, status: 200, next }),
      };
      if (turn < 0) continue;
      results.koa.push(both.koa);
      results.hub.push(both.hub);
    }
  } finally {
    await koa.stop();
  }
  const [made, ceiling] = [results.hub, results.koa].map((all) => median(all, ({ perSecond }) => perSecond));
  if (!made || !ceiling) throw new Error('nothing was measured');
  return rateOf('tokens.warm', made, ceiling, [
    `${banks} tenants, ${connections} connections, ${rounds} rounds of ${seconds} s, median; ${percentiles(made.times)}`,
    `ceiling: a bare Koa route with the same header check: ${percentiles(ceiling.times)}`,
  ]);
};

/** Tokens nobody has asked for before: queue, grant, Maskinporten and back, beside bare jose and one HTTP call. */
const cold = async (hub: Hub, keys: readonly string[]): Promise<Figure> => {
  const each = 4;
  const needs = keys.flatMap((key) =>
    scopes.flatMap((scope) =>
      Array.from({ length: each }, (_, place) => ({ key, scope, resource: `https://api.example/${place}` })),
    ),
  );
  const measured = async (run: (place: number) => Promise<void>): Promise<Loaded> => {
    const times: number[] = [];
    let place = 0;
    const startedAt = performance.now();
    const caller = async () => {
      for (let mine = place++; mine < needs.length; mine = place++) {
        const askedAt = performance.now();
        await run(mine);
        times.push(performance.now() - askedAt);
      }
    };
    await Promise.all(Array.from({ length: connections }, caller));
    return { perSecond: times.length / ((performance.now() - startedAt) / 1000), times, answered: times.length };
  };
  const made = await measured(async (place) => {
    const { key, ...ask } = needs[place] as (typeof needs)[number];
    const { status, body } = await callJson('POST', `${hub.url}/v1/tokens`, key, ask);
    if (status !== 200) throw new Error(`a cold token answered ${status}: ${JSON.stringify(body)}`);
  });
  const grants = await openGrants(hub.sandboxUrl, organizationNumbers(1)[0] ?? '');
  const bare = await measured(() => grants.fetch());
  await grants.close();
  return rateOf('tokens.cold', made, bare, [
    `${needs.length} identities, each asked for once, ${connections} at a time; queues on ${hub.engine}; ${percentiles(made.times)}`,
    `ceiling: a grant signed with bare jose and one HTTP call to the same sandbox: ${percentiles(bare.times)}`,
  ]);
};

export const tokens = async (_ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  if (!wants('tokens.warm') && !wants('tokens.cold')) return [];
  const hub = await openHubWithSandbox();
  try {
    const keys = await openBanks(hub.url, banks, hub.sandboxUrl);
    const figures: Figure[] = [];
    if (wants('tokens.cold')) figures.push(await cold(hub, keys));
    if (wants('tokens.warm')) figures.push(await warm(hub, keys));
    return figures;
  } finally {
    await hub.close();
  }
};
