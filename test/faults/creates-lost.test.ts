import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { engines, type TenantName } from '../support/hub-test.ts';
import { altinn2Requests, offerBoth } from '../support/offer-both.ts';
import type { Fault } from '../support/sandbox-control.ts';
import { until } from '../support/until.ts';
import { type Chance, chance as chanceOf, isLong, seed } from './chance.ts';
import { faultTest } from './hub-of-processes.ts';

const second = 1000;
const day = 24 * 60 * 60 * second;
type Generation = 'altinn3' | 'altinn2';

/** Later than that none lands, and sooner than that none is given up: seconds here, minutes where banks are. */
const lostAfterSeconds = 12;
const landsWithinMs = 3 * second;

/** So many requests, each a run of its own; a wave of them is on its way at once. */
const runs = isLong ? 1000 : 50;
const wave = 10;

/** What may befall a create. */
const faults = (chance: Chance, generation: Generation): [Fault, ...Fault[]] => [
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'status', status: 503 },
  { kind: 'html', status: 502 },
  { kind: 'delay', ms: chance.whole(10, 500) },
  ...(generation === 'altinn2'
    ? [{ kind: 'reset', when: 'late', lateMs: chance.whole(100, landsWithinMs) } as const]
    : []),
];

type Asked = { id: string; generation: Generation; validTo: string };

for (const engine of engines)
  faultTest(
    `of ${runs} creates that meet trouble, each is at Altinn 3 once and at Altinn 2 once at most, seed ${seed}`,
    engine,
    async (hub) => {
      const chance = chanceOf(seed + engines.indexOf(engine));
      await offerBoth(hub);
      const asked: Asked[] = [];
      let worker = hub.worker;

      const ask = async (): Promise<void> => {
        const generation = chance.oneOf<Generation>(['altinn3', 'altinn2', 'altinn2']);
        const who = chance.oneOf<TenantName>(['bank', 'insurer']);
        // Nothing else tells Altinn 2's requests apart from outside: each has an end of its own.
        const validTo = new Date(Math.ceil((Date.now() + 5 * day) / second) * second + asked.length * second);
        const one = { id: '', generation, validTo: validTo.toISOString() };
        asked.push(one);
        const body = given.askOf(generation, `${hub.receiver.url}/done`, { validTo: one.validTo });
        const answer = await hub.call(who, 'POST', '/v1/consents', body, { 'idempotency-key': randomUUID() });
        expect(answer.status, JSON.stringify(answer.body)).toBe(202);
        one.id = String(answer.body['id']);
      };

      for (let number = 0; number * wave < runs; number += 1) {
        for (const generation of ['altinn3', 'altinn2'] as const) {
          const on = generation === 'altinn2' ? 'altinn2-create' : 'create';
          for (let many = chance.whole(1, 5); many > 0; many -= 1)
            await hub.sandbox.fault(on, chance.oneOf(faults(chance, generation)));
        }
        // A list that cannot be read says nothing of what is in it.
        if (chance.whole(1, 4) === 1) await hub.sandbox.fault('altinn2-list', { kind: 'status', status: 503 });
        await Promise.all(Array.from({ length: wave }, ask));
        if (chance.whole(1, 3) > 1) continue;
        const under = asked.length - chance.whole(0, wave);
        await until(
          'some to be under way',
          async () => {
            const gone = await hub.rows(`select 1 from consents where status <> 'queued' or sent_at is not null`);
            return gone.length >= under;
          },
          120_000,
        );
        await worker.kill();
        worker = await hub.startWorker(`worker ${number}`);
      }
      await hub.sandbox.clear();
      await until(
        'all to be known',
        async () =>
          (
            await hub.rows(
              `select 1 from consents where status in ('queued', 'blocked') or sent_at is not null and status <> 'failed'`,
            )
          ).length === 0,
        120_000,
      );

      const known = new Map(
        (
          await hub.rows<{ id: string; status: string; code: string | null; problem: { code: string } | null }>(
            'select id, status, upstream_id as code, problem from consents',
          )
        ).map((row) => [row.id, row]),
      );
      expect(known.size).toBe(runs);
      const atAltinn3 = (await hub.sandbox.consents()).map(({ id }) => id).sort();
      const list = await altinn2Requests(hub.sandbox.url);
      const outcomes: Record<string, number> = {};
      expect(atAltinn3).toEqual(
        asked
          .filter(({ generation }) => generation === 'altinn3')
          .map(({ id }) => id)
          .sort(),
      );
      for (const { id, generation, validTo } of asked) {
        const row = known.get(id);
        const outcome = `${generation} ${row?.status} ${row?.problem?.code ?? ''}`.trim();
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (generation === 'altinn3') expect(row?.status).toBe('pending');
        else {
          const codes = list.filter((one) => one.validTo === validTo).map(({ code }) => code);
          expect(outcome).toMatch(/^altinn2 (?:pending|failed altinn2-outcome-unknown)$/);
          // What was given up is not there; what is there, is known by its code.
          expect(codes).toEqual(row?.status === 'pending' ? [row.code] : []);
        }
      }
      console.log(`creates in trouble (queues on ${engine}): ${JSON.stringify(outcomes)}`);
      const told = await hub.rows<{ many: number }>(
        `select count(*)::int as many from events where type = 'consent.requested' group by consent_id having count(*) > 1`,
      );
      expect(told).toEqual([]);
    },
    {
      settings: { HUB_LEASE_SECONDS: '6', ALTINN2_LOST_AFTER_SECONDS: String(lostAfterSeconds) },
      timeoutMs: isLong ? 1_800_000 : 300_000,
    },
  );
