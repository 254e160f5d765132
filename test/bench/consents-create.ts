import { callJson, mustCall } from '../../src/cli/call-json.ts';
import { services } from '../../src/cli/furnish.ts';
import { given } from '../support/given.ts';
import { openBanks } from './banks.ts';
import { openInserts } from './bare/inserts.ts';
import { type Figure, median, percentiles, rateOf, round } from './figure.ts';
import { callers, connections, type Ground, operatorKey } from './ground.ts';
import { type Loaded, load, post } from './load.ts';
import { startHub, startProcess } from './processes.ts';

const rounds = 3;
const seconds = 4;
const redirectUrl = 'https://bank.example/done';

/** Creates with an idempotency key each, by turns over the banks. */
const creator = (url: string, name: string, keys: readonly string[]) => {
  let made = 0;
  const body = JSON.stringify(given.ask(redirectUrl, { reference: 'loan-4711' }));
  const run = `${name}-${Date.now()}`;
  const [before = '', after = ''] = post(
    `${url}/v1/consents`,
    { authorization: 'Bearer @', 'idempotency-key': '#' },
    body,
  ).split('#');
  const heads = keys.map((key) => before.replace('@', key));
  return {
    body,
    next: () => {
      made += 1;
      return `${heads[made % heads.length]}${run}-${made}${after}`;
    },
  };
};

/**
 * `consents.create` over 100 tenants and `consents.create_single`: creates answered 202 a second by one API process,
 * beside the lower of a bare Koa route and bare one-statement inserts. Rounds of all four by turns.
 */
export const consentsCreate = async (ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  const names = ['consents.create', 'consents.create_single'].filter(wants);
  if (names.length === 0) return [];
  const api = await startHub('api', ground.env, ground.directory);
  const url = api.ready['url'] ?? '';
  // It may be there already from another figure of this run.
  await callJson('POST', `${url}/operator/v1/services`, operatorKey, services[0]);
  const keys = await openBanks(url, 100);
  const loads = new Map([
    ['consents.create', creator(url, 'many', keys)],
    ['consents.create_single', creator(url, 'one', keys.slice(0, 1))],
  ]);
  const { body } = creator(url, 'first', keys);
  const first = await mustCall('POST', `${url}/v1/consents`, keys[0], JSON.parse(body));
  const bytes = JSON.stringify(first).length;
  const koa = await startProcess(
    'bare-koa',
    ['test/bench/bare/koa.ts', '/v1/consents', '202', String(bytes - 40)],
    {},
    ground.directory,
  );
  const inserts = await openInserts(ground.databaseUrl, connections);
  const results = new Map<string, Loaded[]>();
  const note = (name: string, result: Loaded) => results.set(name, [...(results.get(name) ?? []), result]);
  const bareUrl = `${koa.ready['url']}/v1/consents`;
  const bare = post(
    `${url}/v1/consents`,
    { authorization: `Bearer ${keys[0]}`, 'idempotency-key': 'x'.repeat(24) },
    body,
  );

  try {
    for (let turn = -2; turn < rounds; turn += 1) {
      // The first two warm all up and are forgotten: a server’s code is at its best after some ten thousand requests.
      note('koa', await load({ url: bareUrl, connections, seconds, status: 202, next: () => bare }));
      note('inserts', await inserts.run(body, seconds));
      for (const name of names) {
        const { next } = loads.get(name) as { next: () => string };
        note(name, await load({ url, connections: callers, seconds, status: 202, next }));
      }
      if (turn < 0) results.clear();
    }
  } finally {
    await inserts.close();
    await koa.stop();
    await api.stop();
  }

  const speed = (name: string) => median(results.get(name) ?? [], ({ perSecond }) => perSecond);
  const [bareKoa, bareInserts] = [speed('koa'), speed('inserts')];
  const ceiling = Math.min(bareKoa.perSecond, bareInserts.perSecond);
  return names.map((name) => {
    const made = speed(name);
    return rateOf(name, made, { perSecond: ceiling }, [
      `${name === 'consents.create' ? 100 : 1} tenants, idempotency keys, ${rounds} rounds of ${seconds} s, median; ${percentiles(made.times)}`,
      `bare Koa route ${round(bareKoa.perSecond, 0)}/s (${percentiles(bareKoa.times)}), bare inserts ${round(bareInserts.perSecond, 0)}/s (${percentiles(bareInserts.times)})`,
    ]);
  });
};
