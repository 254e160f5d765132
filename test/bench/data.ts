import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { callJson, mustCall } from '../../src/cli/call-json.ts';
import { furnishBank } from '../../src/cli/furnish.ts';
import { given } from '../support/given.ts';
import { until } from '../support/until.ts';
import { openHubWithSandbox, organizationNumbers } from './banks.ts';
import { type Figure, median, percentile, percentiles, rateOf, round } from './figure.ts';
import { connections, type Ground, operatorKey } from './ground.ts';
import { type Loaded, load } from './load.ts';
import { type Started, startProcess } from './processes.ts';

const rounds = 3;
const seconds = 3;
const banks = 8;
const sizes = { 'data.small': 1000, 'data.large': 1_000_000 };

type Hub = Awaited<ReturnType<typeof openHubWithSandbox>>;
type Consented = { key: string; id: string };

/** Banks with a consent each that its person has accepted, for data at this source. */
const openConsents = async (hub: Hub, dataUrl: string): Promise<Consented[]> => {
  const { url, sandboxUrl } = hub;
  await mustCall('PATCH', `${url}/operator/v1/services/ske-inntekt`, operatorKey, {
    dataUrl,
    dataPaths: ['GET /{bytes}/{from}'],
  });
  const place = { url, sandboxUrl, operatorKey };
  const redirectUrl = `${url}/healthz`;
  const accepted = async (orgno: string): Promise<Consented> => {
    const { key } = await furnishBank(place, { orgno, name: `Bank ${orgno}`, redirectUrls: [redirectUrl] });
    const asked = await callJson('POST', `${url}/v1/consents`, key, given.ask(redirectUrl), { prefer: 'wait=20' });
    const { id, approvalUrl, from } = asked.body as { id: string; approvalUrl: string; from: { person: string } };
    await answerAsPerson(approvalUrl, from.person, 'accept');
    await until('a consent to be accepted', async () => {
      const { status } = await mustCall('GET', `${url}/v1/consents/${id}`, key);
      return status === 'accepted';
    });
    return { key, id };
  };
  const all: Consented[] = [];
  for (const orgno of organizationNumbers(banks)) all.push(await accepted(orgno));
  return all;
};

/** What the API process tells of itself. */
const metricOf = async ({ metricsUrl }: Hub, name: string): Promise<number> => {
  const text = await (await fetch(metricsUrl)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1]);
};
const residentBytes = (hub: Hub) => metricOf(hub, 'process_resident_memory_bytes');

const get = (host: string, path: string, headers: Record<string, string>): string => {
  const lines = Object.entries({ host, accept: 'application/json', ...headers });
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

/** Both ways to the same source, by turns. */
const measure = async (name: string, bytes: number, hub: Hub, proxy: Started, all: Consented[]): Promise<Figure> => {
  const proxyUrl = proxy.ready['url'] ?? '';
  const { tokens } = (await mustCall('POST', `${hub.url}/v1/consents/${all[0]?.id}/token`, all[0]?.key)) as {
    tokens: { token: string }[];
  };
  const bare = get('127.0.0.1', `/${bytes}/25922947409`, { authorization: `Bearer ${tokens[0]?.token}` });
  const requests = all.map(({ id, key }) =>
    get('127.0.0.1', `/v1/consents/${id}/data/${bytes}/%7Bfrom%7D`, { authorization: `Bearer ${key}` }),
  );
  let asked = 0;
  const next = () => {
    asked += 1;
    return requests[asked % requests.length] as string;
  };
  const ways = {
    bare: { url: proxyUrl, status: 200, next: () => bare },
    hub: { url: hub.url, status: 200, next },
  };
  const results = { bare: [] as Loaded[], hub: [] as Loaded[] };
  const cpu = {
    bare: async () => Number(await (await fetch(`${proxyUrl}/cpu`)).text()),
    hub: () => metricOf(hub, 'process_cpu_seconds_total'),
  };
  const spent = { bare: 0, hub: 0 };
  let before = 0;
  for (let turn = -1; turn < rounds; turn += 1) {
    if (turn === 0) before = await residentBytes(hub);
    for (const way of ['bare', 'hub'] as const) {
      const used = await cpu[way]();
      const loaded = await load({ ...ways[way], connections, seconds });
      if (turn < 0) continue;
      spent[way] += (await cpu[way]()) - used;
      results[way].push(loaded);
    }
  }
  const after = await residentBytes(hub);
  // One at a time: what the way through the hub adds to a single call.
  const alone = {
    bare: await load({ ...ways.bare, connections: 1, seconds: 2 }),
    hub: await load({ ...ways.hub, connections: 1, seconds: 2 }),
  };
  const p50 = ({ times }: Loaded) => percentile(Float64Array.from(times).sort(), 0.5);
  const [made, ceiling] = [results.hub, results.bare].map((runs) => median(runs, ({ perSecond }) => perSecond));
  if (!made || !ceiling) throw new Error('nothing was measured');
  const microseconds = (way: 'bare' | 'hub') =>
    round((spent[way] * 1_000_000) / results[way].reduce((sum, { answered }) => sum + answered, 0), 0);
  const mb = (many: number) => round(many / 1_000_000);
  return rateOf(name, made, ceiling, [
    `${bytes} bytes an answer, ${banks} banks with a consent each, ${connections} connections, ${rounds} rounds of ${seconds} s, median; ${percentiles(made.times)}`,
    `ceiling: node:http and undici’s streaming to the same source, in a process of its own: ${percentiles(ceiling.times)}`,
    `one at a time the hub adds ${round(p50(alone.hub) - p50(alone.bare), 2)} ms (p50 ${round(p50(alone.hub), 2)} beside ${round(p50(alone.bare), 2)} ms)`,
    `processor time of a call: ${microseconds('hub')} µs beside ${microseconds('bare')} µs`,
    `memory of the API process: ${mb(before)} MB before, ${mb(after)} MB after ${mb(results.hub.reduce((sum, { answered }) => sum + answered, 0) * bytes)} MB had passed`,
  ]);
};

export const data = async (_ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  const wanted = Object.entries(sizes).filter(([name]) => wants(name));
  if (wanted.length === 0) return [];
  const hub = await openHubWithSandbox();
  const started: Started[] = [];
  const start = async (name: string, ...args: string[]) => {
    const process = await startProcess(name, [`test/bench/bare/${name}.ts`, ...args], {}, hub.ground.directory);
    started.push(process);
    return process;
  };
  try {
    const source = (await start('source')).ready['url'] ?? '';
    const proxy = await start('proxy', source);
    const all = await openConsents(hub, source);
    const figures: Figure[] = [];
    for (const [name, bytes] of wanted) figures.push(await measure(name, bytes, hub, proxy, all));
    return figures;
  } finally {
    for (const process of started.reverse()) await process.stop();
    await hub.close();
  }
};
