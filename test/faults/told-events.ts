import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import type { TenantName } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import type { Chance } from './chance.ts';
import type { FaultHub } from './hub-of-processes.ts';
import { nothingIsSentTwice, tenants, wholeFeed } from './whole-feed.ts';

type Written = { id: string; who: TenantName; consentId: string; version: number };

const patienceMs = 240_000;
/** Events of one consent, and in one transaction. */
const mostVersions = 6;
const together = 20;

/** Events of consents that go through many states, written as the hub writes them, whatever befalls the database meanwhile. */
export const openEvents = (hub: FaultHub, chance: Chance) => {
  const written: Written[] = [];
  const versions = new Map<string, number>();
  const consents: Record<TenantName, string[]> = { bank: [], insurer: [] };
  const pool = new pg.Pool({ connectionString: hub.adminUrl, options: '-c role=hub_operator', max: 1 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  const next = (who: TenantName): Written => {
    const open = consents[who];
    const [known] = open.length > 3 && chance.oneOf([true, true, false]) ? [chance.oneOf(open as [string])] : [];
    const consentId = known ?? randomUUID();
    if (!known) open.push(consentId);
    const version = (versions.get(consentId) ?? 1) + 1;
    versions.set(consentId, version);
    if (version > mostVersions) open.splice(open.indexOf(consentId), 1);
    return { id: randomUUID(), who, consentId, version };
  };

  /** Once: where the answer was lost, it is looked up whether they are there. */
  const append = async (who: TenantName, events: readonly Written[]): Promise<void> => {
    const rows = events.map(({ id, consentId, version }) => ({
      ...{ id, type: 'consent.accepted', consentId },
      data: { consent: { id: consentId, status: 'accepted', version } },
    }));
    const tenantId = hub.banks[who].id;
    await until(
      'events to be written',
      async () => {
        try {
          const { rowCount } = await pool.query('select 1 from events where tenant_id = $1 and id = $2', [
            tenantId,
            rows[0]?.id,
          ]);
          if (rowCount === 0) await pool.query('select append_events($1, now(), $2)', [tenantId, JSON.stringify(rows)]);
          return true;
        } catch {
          return false;
        }
      },
      patienceMs,
    );
    written.push(...events);
    await pool.query(`select pg_notify('hub', '["work:deliver-webhook"]')`).catch(() => undefined);
  };

  const arrived = (): Map<string, number> => {
    const first = new Map<string, number>();
    for (const [place, { headers }] of hub.receiver.received.entries()) {
      const id = String(headers['webhook-id']);
      if (!first.has(id)) first.set(id, place);
    }
    return first;
  };

  return {
    async write(many: number): Promise<void> {
      for (let left = many; left > 0; left -= together) {
        const who = chance.oneOf<TenantName>(['bank', 'insurer']);
        await append(
          who,
          Array.from({ length: Math.min(together, left) }, () => next(who)),
        );
      }
    },
    /** So many webhooks have come in since the start, repeats included. */
    received: (many: number) => until(`${many} webhooks`, () => hub.receiver.received.length >= many, patienceMs),
    /** All that is owed has been delivered. */
    async delivered(): Promise<void> {
      await until(
        'all deliveries to be made',
        async () =>
          (await hub.rows(`select 1 from webhook_deliveries where status <> 'delivered' limit 1`)).length === 0,
        patienceMs,
      );
    },
    /** The feed has no holes and holds each event once; each has arrived, as the feed tells it. */
    async areWhole(asked: ReadonlyMap<string, TenantName>): Promise<void> {
      const bodies = new Map(hub.receiver.received.map(({ headers, body }) => [String(headers['webhook-id']), body]));
      for (const who of tenants) {
        const events = await wholeFeed(hub, who);
        const ofConsents = events.filter(({ type }) => type.startsWith('consent.'));
        const requested = ofConsents.filter(({ type }) => type === 'consent.requested');
        expect(requested.map(({ data }) => data.consent?.id).sort()).toEqual(
          [...asked]
            .filter(([, whose]) => whose === who)
            .map(([id]) => id)
            .sort(),
        );
        const others = ofConsents.filter(({ type }) => type !== 'consent.requested');
        expect(others.map(({ id }) => id).sort()).toEqual(
          written
            .filter((event) => event.who === who)
            .map(({ id }) => id)
            .sort(),
        );
        for (const event of events) expect(JSON.parse(bodies.get(event.id) ?? 'null'), event.id).toEqual(event);
      }
      await nothingIsSentTwice(hub);
    },
    /** Each consent's events first came in the order of its versions. */
    cameInOrder(): void {
      const first = arrived();
      const latest = new Map<string, { version: number; at: number }>();
      for (const { id, consentId, version } of [...written].sort((a, b) => a.version - b.version)) {
        const at = first.get(id) ?? Number.POSITIVE_INFINITY;
        const before = latest.get(consentId);
        if (before) expect(at, `version ${version} after ${before.version} of ${consentId}`).toBeGreaterThan(before.at);
        latest.set(consentId, { version, at });
      }
    },
    close: () => pool.end(),
  };
};
