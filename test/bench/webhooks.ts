import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { mustCall } from '../../src/cli/call-json.ts';
import { sharesOf } from '../../src/connections.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import { openLog } from '../../src/lib/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { until } from '../support/until.ts';
import { openHubWithSandbox, organizationNumbers } from './banks.ts';
import { openHop } from './bare/hop.ts';
import { type Figure, median, percentile, percentiles, rateOf, round } from './figure.ts';
import { type Ground, operatorKey } from './ground.ts';
import { startProcess } from './processes.ts';

const tenants = 8;
/** What the hub opens to one receiver of one tenant, for each of them. */
const connections = 8 * tenants;
const rounds = 3;
const perRound = 16_000;
const samples = 300;
const warmUps = 50;

type Hub = Awaited<ReturnType<typeof openHubWithSandbox>>;
type Place = {
  hub: Hub;
  receiver: string;
  tenantIds: string[];
  store: Awaited<ReturnType<typeof openStore>>;
  login: pg.Client;
};

/** Of a consent's size. */
const event = (): NewEvent => {
  const id = randomUUID();
  const rights = [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }];
  const consent = {
    ...{ id, status: 'accepted', version: 3, rights, reference: 'loan-4711', upstream: null, problem: null },
    ...{ validTo: '2027-01-01T12:00:00.000Z', redirectUrl: 'https://bank.example/done?loan=4711' },
    approvalUrl: `https://am.ui.at22.altinn.cloud/accessmanagement/ui/consent/request?id=${id}`,
    createdAt: '2026-11-26T12:00:00.000Z',
  };
  return { id: randomUUID(), type: 'consent.accepted', consentId: id, data: { consent } as never };
};
const bodyBytes = JSON.stringify({ ...event(), timestamp: '2026-11-26T12:00:00.000Z', sequence: 12_345 }).length;

const append = ({ store }: Place, tenantId: string, events: NewEvent[]) =>
  store.asTenant(tenantId, (rows) => rows.events.append(events, new Date()));

/** Events of all tenants at once, each of another consent; how many deliveries were logged a second, once all were under way. */
const delivered = async (place: Place): Promise<number> => {
  const { login, tenantIds } = place;
  const startedAt = new Date();
  const batch = 100;
  for (let many = 0; many < perRound; many += batch * tenantIds.length)
    await Promise.all(tenantIds.map((id) => append(place, id, Array.from({ length: batch }, event))));
  const written = new Date();
  await until(
    'all to be delivered',
    async () => (await login.query(`select 1 from outbox where job = 'deliver-webhook' limit 1`)).rowCount === 0,
    120_000,
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

const bare = async ({ hub, receiver }: Place): Promise<number> => {
  const args = ['test/bench/bare/sign-and-post.ts', receiver, String(connections), '3', String(bodyBytes)];
  const run = await startProcess('sign-and-post', args, {}, hub.ground.directory);
  return Number(run.ready['perSecond']);
};

const rate = async (place: Place): Promise<Figure> => {
  const results: { made: number; bare: number }[] = [];
  await delivered(place);
  for (let turn = 0; turn < rounds; turn += 1) results.push({ bare: await bare(place), made: await delivered(place) });
  const { made, bare: ceiling } = median(results, (both) => both.made / both.bare);
  return rateOf('webhooks.deliver', { perSecond: made }, { perSecond: ceiling }, [
    `${perRound} events of ${tenants} tenants, each of another consent, signed, sent, answered and logged; queues on ${place.hub.engine}; one worker process`,
    `ceiling: bare sign-and-POST of ${bodyBytes} bytes with undici on ${connections} connections to the same receiver`,
    `rounds: ${results.map((both) => `${round(both.made, 0)} of ${round(both.bare, 0)}`).join(' · ')}`,
  ]);
};

const arrival = (receiver: string, id: string): Promise<number> =>
  until(`webhook ${id}`, async () => Number(await (await fetch(`${receiver}/arrived/${id}`)).text()) || undefined);

/** One event after the other, with nothing else to do: from its commit until the receiver has it. */
const firstTry = async (place: Place): Promise<Figure> => {
  const { hub, receiver, tenantIds } = place;
  const now = () => performance.timeOrigin + performance.now();
  const times: number[] = [];
  for (let number = -warmUps; number < samples; number += 1) {
    const told = event();
    await append(place, tenantIds[Math.abs(number) % tenantIds.length] ?? '', [told]);
    const committed = now();
    const at = await arrival(receiver, told.id);
    if (number >= 0) times.push(at - committed);
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
  const hub = await openHubWithSandbox();
  const receiver = await startProcess('receiver', ['test/bench/bare/receiver.ts'], {}, hub.ground.directory);
  const login = new pg.Client({ connectionString: hub.ground.databaseUrl, options: '-c role=hub_operator' });
  const store = await openStore({
    url: hub.ground.databaseUrl,
    directUrl: hub.ground.databaseUrl,
    connections: sharesOf(20, { isWorker: false, queuesInPostgres: false }),
    production: false,
    log: openLog('silent'),
  });
  try {
    await login.connect();
    const place: Place = { hub, receiver: receiver.ready['url'] ?? '', tenantIds: [], store, login };
    for (const orgno of organizationNumbers(tenants)) {
      const tenant = { orgno, name: `Bank ${orgno}`, redirectUrls: ['https://bank.example/done'], services: [] };
      const { id } = await mustCall('POST', `${hub.url}/operator/v1/tenants`, operatorKey, tenant);
      const ask = { name: 'app', scopes: ['webhooks:write'] };
      const { key } = await mustCall('POST', `${hub.url}/operator/v1/tenants/${id}/api-keys`, operatorKey, ask);
      await mustCall('POST', `${hub.url}/v1/webhook-endpoints`, String(key), { url: `${place.receiver}/${orgno}` });
      place.tenantIds.push(String(id));
    }
    const figures: Figure[] = [];
    if (wants('webhooks.first_try_p99_ms')) figures.push(await firstTry(place));
    if (wants('webhooks.deliver')) figures.push(await rate(place));
    return figures;
  } finally {
    await store.close();
    await login.end();
    await receiver.stop();
    await hub.close();
  }
};
