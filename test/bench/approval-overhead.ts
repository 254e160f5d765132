import { randomUUID } from 'node:crypto';
import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { callJson } from '../../src/cli/call-json.ts';
import { furnishBank, furnishOperator } from '../../src/cli/furnish.ts';
import { freePort } from '../../src/embedded/launch.ts';
import { given } from '../support/given.ts';
import { sandboxControl } from '../support/sandbox-control.ts';
import { openHop } from './bare/hop.ts';
import { openInserts } from './bare/inserts.ts';
import { type Figure, percentile, percentiles, round } from './figure.ts';
import { type Ground, openGround, operatorKey } from './ground.ts';
import { type Started, startHub, startProcess } from './processes.ts';

const warmUps = 100;
const samples = 300;

type Engine = { name: string; redisUrl: string | undefined };
type EngineName = 'PostgreSQL' | 'Redis';

/** What a create cannot do without, one after the other: a Koa route, a commit, a hop through the queue, a commit. */
const bareWay = async (ground: Ground, { redisUrl }: Engine, body: string): Promise<number[]> => {
  const koa = await startProcess('bare-koa', ['test/bench/bare/koa.ts', '/v1/consents', '202'], {}, ground.directory);
  const inserts = await openInserts(ground.databaseUrl, 2);
  const hop = await openHop(redisUrl, ground.databaseUrl);
  try {
    const times: number[] = [];
    for (let sample = -warmUps; sample < samples; sample += 1) {
      const startedAt = performance.now();
      await callJson('POST', `${koa.ready['url']}/v1/consents`, undefined, JSON.parse(body));
      await inserts.insert(body);
      await hop.through(randomUUID());
      await inserts.insert(body);
      if (sample >= 0) times.push(performance.now() - startedAt);
    }
    return times;
  } finally {
    await hop.close();
    await inserts.close();
    await koa.stop();
  }
};

type Sampled = { overhead: number[]; outside: number[] };

/** Asks one after the other, each with `Prefer: wait`; from each time, what the sandbox took for that consent is taken off. */
const sample = async (api: string, sandboxUrl: string): Promise<Sampled> => {
  const place = { url: api, sandboxUrl, operatorKey };
  const redirectUrl = `${api}/healthz`;
  await furnishOperator(place);
  const bank = await furnishBank(place, { orgno: '313876144', name: 'Banken', redirectUrls: [redirectUrl] });
  const sandbox = sandboxControl(sandboxUrl);
  const overhead: number[] = [];
  const outside: number[] = [];
  for (let number = -warmUps; number < samples; number += 1) {
    if (number % 50 === 0) await sandbox.forget();
    const before = (await sandbox.calls()).at(-1)?.seq ?? 0;
    const startedAt = performance.now();
    const { status, body } = await callJson('POST', `${api}/v1/consents`, bank.key, given.ask(redirectUrl), {
      prefer: 'wait=20',
    });
    const took = performance.now() - startedAt;
    if (status !== 201) throw new Error(`asking answered ${status}: ${JSON.stringify(body)}`);
    const spent = (await sandbox.calls())
      .filter(({ seq }) => seq > before)
      .reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
    // Answered in the page, and the browser led back: the hub knows of it before the next one. Hundreds left open would be
    // read all the time, and that is another figure.
    await answerAsPerson(String(body['approvalUrl']), String((body['from'] as { person: string }).person), 'reject');
    if (number < 0) continue;
    overhead.push(took - spent);
    outside.push(spent);
  }
  return { overhead, outside };
};

const measure = async (engineName: EngineName, name: string): Promise<Figure> => {
  // A ground of its own: what another sandbox left owed would be asked of this one.
  const ground = await openGround();
  const { url: redisUrl, version } = (engineName === 'Redis' ? ground.redis : undefined) ?? {};
  const engine: Engine = { name: [engineName, version].filter(Boolean).join(' '), redisUrl };
  const started: Started[] = [];
  const start = async (role: string, env: NodeJS.ProcessEnv) => {
    const hub = await startHub(role, env, ground.directory);
    started.push(hub);
    return hub.ready['url'] ?? '';
  };
  try {
    const port = await freePort();
    const sandboxUrl = await start('sandbox', ground.env);
    const env = {
      ...ground.env,
      ...(engine.redisUrl === undefined ? {} : { REDIS_URL: engine.redisUrl }),
      QUEUE_PREFIX: `{bench-${engine.redisUrl === undefined ? 'postgresql' : 'redis'}}`,
      MASKINPORTEN_ISSUER: `${sandboxUrl}/maskinporten/`,
      ALTINN3_URL: `${sandboxUrl}/altinn3/`,
      DIGDIR_SELFSERVICE_URL: `${sandboxUrl}/sandbox`,
      // Known beforehand, since Altinn's page leads back to it.
      PORT: String(port),
      HUB_PUBLIC_URL: `http://127.0.0.1:${port}`,
    };
    await start('worker', env);
    const api = await start('api', env);
    const { overhead, outside } = await sample(api, sandboxUrl);
    for (const hub of started.splice(0).reverse()) await hub.stop();
    const bare = await bareWay(ground, engine, JSON.stringify(given.ask('https://bank.example/done')));
    const p95 = (times: number[]) => percentile(Float64Array.from(times).sort(), 0.95);
    return {
      name,
      value: round(p95(overhead), 2),
      unit: 'ms',
      ceiling: round(p95(bare), 2),
      ratio: round(p95(bare) / p95(overhead), 2),
      details: [
        `queues on ${engine.name}; API, worker and sandbox are processes of their own; ${samples} asked one after the other`,
        `beyond the sandbox’s own time ${percentiles(overhead)}; the sandbox’s own ${percentiles(outside)}`,
        `ceiling: a bare Koa route, a commit, a hop through BullMQ, a commit: ${percentiles(bare)}`,
      ],
    };
  } finally {
    for (const hub of started.reverse()) await hub.stop();
    await ground.close();
  }
};

/** From `POST /v1/consents` with `Prefer: wait` to the approval address, minus the sandbox's own time; goal: 25 ms at p95. */
export const approvalOverhead = async ({ redis }: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  const onPostgres = 'consents.approval_overhead_p95_ms';
  const onRedis = 'consents.approval_overhead_redis_p95_ms';
  const figures: Figure[] = [];
  if (wants(onPostgres)) figures.push(await measure('PostgreSQL', onPostgres));
  if (redis && wants(onRedis)) figures.push(await measure('Redis', onRedis));
  return figures;
};
