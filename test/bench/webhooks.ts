import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { until } from '../support/until.ts';
import { openHop } from './bare/hop.ts';
import { type Figure, median, percentile, percentiles, rateOf, round } from './figure.ts';
import type { Ground } from './ground.ts';
import { startProcess } from './processes.ts';
import { event, openWebhookPlace, type WebhookPlace } from './webhook-place.ts';

const tenants = 8;
/** What the hub opens to one receiver of one tenant, for each of them. */
const connections = 24 * tenants;
const rounds = 5;
const perRound = 16_000;
const samples = 300;
const warmUps = 50;

const bodyBytes = JSON.stringify({ ...event(), timestamp: '2026-11-26T12:00:00.000Z', sequence: 12_345 }).length;

/** Events of all tenants at once, each of another consent; how many deliveries were logged a second, once all were under way. */
const delivered = async (place: WebhookPlace): Promise<number> => {
  const { login, tenantIds, append } = place;
  const startedAt = new Date();
  const batch = 100;
  for (let many = 0; many < perRound; many += batch * tenantIds.length)
    await Promise.all(tenantIds.map((id) => append(id, Array.from({ length: batch }, event))));
  const written = new Date();
  await until(
    'all to be delivered',
    async () => (await login.query(`select 1 from outbox where job = 'deliver-webhook' limit 1`)).rowCount === 0,
    120_000,
    // To look costs what is measured.
    200,
  );
  const { rows } = await login.query<{ many: number; seconds: number; all: number }>(
    `select count(*)::int as many, extract(epoch from max(ended) - min(ended))::float8 as seconds,
       (select count(*)::int from webhook_attempts where at >= $1) as all
     from (select at + duration_ms * interval '1 millisecond' as ended from webhook_attempts where at >= $2 and http_status = 204) t`,
    [startedAt, written],
  );
  const [row] = rows;
  if (!row || row.all < perRound) throw new Error(`only ${row?.all} were logged`);
  return row.many / row.seconds;
};

const bare = async ({ hub, receiver }: WebhookPlace): Promise<number> => {
  const args = ['test/bench/bare/sign-and-post.ts', receiver, String(connections), '3', String(bodyBytes)];
  const run = await startProcess('sign-and-post', args, {}, hub.ground.directory);
  return Number(run.ready['perSecond']);
};

const rate = async (place: WebhookPlace): Promise<Figure> => {
  for (let turn = 0; turn < 4; turn += 1) await delivered(place);
  // A shared machine is faster in one minute than in the next: each round stands beside what came just before and just after it.
  const results: { made: number; bare: number }[] = [];
  let before = await bare(place);
  for (let turn = 0; turn < rounds; turn += 1) {
    const made = await delivered(place);
    const after = await bare(place);
    results.push({ made, bare: (before + after) / 2 });
    before = after;
  }
  const { made, bare: ceiling } = median(results, (both) => both.made / both.bare);
  return rateOf('webhooks.deliver', { perSecond: made }, { perSecond: ceiling }, [
    `${perRound} events of ${tenants} tenants, each of another consent, signed, sent, answered and logged; queues on ${place.hub.engine}; one worker process`,
    `ceiling: bare sign-and-POST of ${bodyBytes} bytes with undici on ${connections} connections to the same receiver`,
    `rounds: ${results.map((both) => `${round(both.made, 0)} of ${round(both.bare, 0)}`).join(' · ')}`,
  ]);
};

/** One event after the other, with nothing else to do: from its commit until the receiver has it. */
const firstTry = async (place: WebhookPlace): Promise<Figure> => {
  const { hub, receiver, tenantIds } = place;
  const times: number[] = [];
  for (let number = -warmUps; number < samples; number += 1) {
    const took = await place.arrival(tenantIds[Math.abs(number) % tenantIds.length] ?? '');
    if (number >= 0) times.push(took);
  }
  const hop = await openHop(hub.ground.redis?.url, hub.ground.databaseUrl);
  const key = randomBytes(32);
  const least: number[] = [];
  for (let number = -warmUps; number < samples; number += 1) {
    const startedAt = performance.now();
    const id = randomUUID();
    await hop.through(id);
    const body = JSON.stringify(event());
    const signature = createHmac('sha256', key).update(`${id}.0.${body}`).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-signature': `v1,${signature}` };
    await (await fetch(`${receiver}/bare`, { method: 'POST', headers, body })).text();
    if (number >= 0) least.push(performance.now() - startedAt);
  }
  await hop.close();
  const p99 = (all: number[]) => percentile(Float64Array.from(all).sort(), 0.99);
  return {
    name: 'webhooks.first_try_p99_ms',
    value: round(p99(times), 2),
    unit: 'ms',
    ceiling: round(p99(least), 2),
    ratio: round(p99(least) / p99(times), 2),
    details: [
      `commit to arrival, ${samples} one after the other; queues on ${hub.engine}: ${percentiles(times)}`,
      `ceiling: a hop through BullMQ and a signed POST: ${percentiles(least)}`,
    ],
  };
};

/** Goals: at least 0.3 of bare sign-and-POST; commit to first try within 25 ms at p99. */
export const webhooks = async (_ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  if (!wants('webhooks.deliver') && !wants('webhooks.first_try_p99_ms')) return [];
  const place = await openWebhookPlace(tenants);
  try {
    const figures: Figure[] = [];
    if (wants('webhooks.first_try_p99_ms')) figures.push(await firstTry(place));
    if (wants('webhooks.deliver')) figures.push(await rate(place));
    return figures;
  } finally {
    await place.close();
  }
};
