import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { mustCall } from '../../src/cli/call-json.ts';
import { sharesOf } from '../../src/connections.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import { openLog } from '../../src/lib/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { until } from '../support/until.ts';
import { openHubWithSandbox, organizationNumbers } from './banks.ts';
import { type Figure, median, percentile, percentiles, round } from './figure.ts';
import { type Ground, operatorKey } from './ground.ts';
import { startProcess } from './processes.ts';

const queued = 100_000;
const batch = 500;
const samples = 300;
const warmUps = 50;
const rounds = 3;
const aloneMs = 6000;
/** After so many events were written at once, PostgreSQL has other things to do for a while. */
const calmMs = 3000;
const job = 'deliver-webhook';

const names = { added: 'fairness.quiet_added_p99_ms', share: 'fairness.noisy_share' };

/** Of a consent of its own, and of its size. */
const event = (): NewEvent => {
  const consentId = randomUUID();
  const consent = {
    ...{
      id: consentId,
      status: 'accepted',
      version: 3,
      reference: 'loan-4711',
      upstream: null,
      problem: null,
      message: null,
    },
    rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
    ...{ validTo: '2027-01-01T12:00:00.000Z', redirectUrl: 'https://bank.example/done?loan=4711' },
    approvalUrl: `https://am.ui.at22.altinn.cloud/accessmanagement/ui/consent/request?id=${consentId}`,
    ...{ createdAt: '2026-11-26T12:00:00.000Z', updatedAt: '2026-11-26T12:00:00.000Z' },
  };
  return { id: randomUUID(), type: 'consent.accepted', consentId, data: { consent } as never };
};

const openPlace = async () => {
  const hub = await openHubWithSandbox();
  const { databaseUrl, directory } = hub.ground;
  const receiver = await startProcess('receiver', ['test/bench/bare/receiver.ts'], {}, directory);
  const receiverUrl = receiver.ready['url'] ?? '';
  const login = new pg.Client({ connectionString: databaseUrl, options: '-c role=hub_operator' });
  await login.connect();
  const store = await openStore({
    ...{ url: databaseUrl, directUrl: databaseUrl, production: false, log: openLog('silent') },
    connections: sharesOf(12, { isWorker: false, queuesInPostgres: false }),
  });
  const openTenant = async (orgno: string): Promise<string> => {
    const tenant = { orgno, name: `Bank ${orgno}`, redirectUrls: ['https://bank.example/done'], services: [] };
    const { id } = await mustCall('POST', `${hub.url}/operator/v1/tenants`, operatorKey, tenant);
    const ask = { name: 'app', scopes: ['webhooks:write'] };
    const { key } = await mustCall('POST', `${hub.url}/operator/v1/tenants/${id}/api-keys`, operatorKey, ask);
    await mustCall('POST', `${hub.url}/v1/webhook-endpoints`, String(key), { url: `${receiverUrl}/${orgno}` });
    return String(id);
  };
  const [quiet = '', noisy = ''] = await Promise.all(organizationNumbers(2).map(openTenant));
  const append = (tenantId: string, events: NewEvent[]) =>
    store.asTenant(tenantId, (rows) => rows.events.append(events, new Date()));
  const waiting = async (): Promise<number> => {
    const text = 'select count(*)::int as many from outbox where job = $1 and tenant_id = $2';
    return (await login.query<{ many: number }>(text, [job, noisy])).rows[0]?.many ?? 0;
  };
  const now = () => performance.timeOrigin + performance.now();
  return {
    engine: hub.engine,
    waiting,
    /** The noisy tenant's deliveries, made up to so many. */
    async fill() {
      for (let left = queued - (await waiting()); left > 0; left -= batch)
        await append(noisy, Array.from({ length: Math.min(batch, left) }, event));
    },
    /** From the commit of one event of the quiet tenant until the receiver has it, one after the other. */
    async sample(many: number): Promise<number[]> {
      const times: number[] = [];
      while (times.length < many) {
        const told = event();
        await append(quiet, [told]);
        const committed = now();
        const arrived = await until(
          'the webhook',
          async () => Number(await (await fetch(`${receiverUrl}/arrived/${told.id}`)).text()) || undefined,
        );
        times.push(arrived - committed);
      }
      return times;
    },
    async close() {
      await store.close();
      await login.end();
      await receiver.stop();
      await hub.close();
    },
  };
};

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How many of the noisy tenant's were delivered a second meanwhile. */
const rateDuring = async <T>({ waiting }: { waiting(): Promise<number> }, work: () => Promise<T>) => {
  const [before, from] = [await waiting(), performance.now()];
  const result = await work();
  const [after, to] = [await waiting(), performance.now()];
  if (after === 0) throw new Error('the noisy tenant has nothing left: it was too quick for this bench');
  return { result, perSecond: ((before - after) * 1000) / (to - from) };
};

/**
 * What a tenant with 100,000 deliveries waiting costs another with one at a time, and what that one costs it. Goals: at most
 * 50 ms more at p99, from commit to first try; at least 0.7 of the rate.
 */
export const fairness = async (_ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  if (!Object.values(names).some(wants)) return [];
  const place = await openPlace();
  try {
    await place.sample(warmUps);
    const idle = await place.sample(samples);
    const pairs: { alone: number; beside: number; times: number[] }[] = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      await place.fill();
      await pause(calmMs);
      const alone = await rateDuring(place, () => pause(aloneMs));
      const beside = await rateDuring(place, () => place.sample(samples / rounds));
      pairs.push({ alone: alone.perSecond, beside: beside.perSecond, times: beside.result });
    }
    const times = pairs.flatMap((pair) => pair.times);
    const p99 = (all: number[]) => percentile(Float64Array.from(all).sort(), 0.99);
    const { alone, beside } = median(pairs, (pair) => pair.beside / pair.alone);
    const share = beside / alone;
    const figures: Figure[] = [
      {
        name: names.added,
        value: round(p99(times) - p99(idle), 2),
        unit: 'ms',
        ceiling: 0,
        ratio: round(p99(idle) / p99(times), 2),
        details: [
          `commit to arrival of a quiet tenant’s events, ${samples} one after the other; queues on ${place.engine}, one worker process`,
          `idle ${percentiles(idle)}; beside ${queued} queued deliveries of another ${percentiles(times)}`,
        ],
      },
      {
        name: names.share,
        value: round(share, 2),
        unit: 'of alone',
        ceiling: 1,
        ratio: round(share, 2),
        details: [
          `rounds: ${pairs.map((pair) => `${round(pair.beside, 0)}/s with the quiet one beside it, ${round(pair.alone, 0)}/s alone`).join(' · ')}`,
        ],
      },
    ];
    return figures.filter(({ name }) => wants(name));
  } finally {
    await place.close();
  }
};
