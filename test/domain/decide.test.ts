import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Consent } from '../../src/domain/consent.ts';
import { decide, type News } from '../../src/domain/decide.ts';
import type { KeptProblem } from '../../src/domain/problem.ts';

const now = new Date('2026-11-24T12:00:00Z');
const queued: Consent = {
  tenantId: 't',
  id: 'c',
  status: 'queued',
  version: 1,
  generation: 'altinn3',
  party: { kind: 'person', masked: '259229*****' },
  rights: [],
  validTo: new Date('2026-12-24T12:00:00Z'),
  redirectUrl: 'https://bank.example/done',
  createdAt: now,
  updatedAt: now,
};
const problem: KeptProblem = { code: 'access-not-delegated', detail: 'x', mover: 'tenant' };
const failure: KeptProblem = { code: 'altinn-refused', detail: 'x', mover: 'nobody' };

const tellOf = (first: Consent, ...news: News[]) => {
  let consent = first;
  const events: string[] = [];
  for (const item of news)
    for (const step of decide(consent, item, now)) {
      consent = step.consent;
      events.push(step.event);
    }
  return { consent, events };
};
const tell = (...news: News[]) => tellOf(queued, ...news);

const submitted: News = { kind: 'submitted', approvalUrl: 'https://am.ui.example/request' };
const upstream = (status: 'Created' | 'Accepted' | 'Rejected' | 'Revoked' | 'Deleted'): News => ({
  kind: 'upstream',
  status,
});

test('a consent is asked for, accepted and revoked, each told once', () => {
  const { consent, events } = tell(
    submitted,
    upstream('Created'),
    upstream('Accepted'),
    upstream('Accepted'),
    upstream('Revoked'),
    upstream('Revoked'),
  );
  expect(events).toEqual(['consent.requested', 'consent.accepted', 'consent.revoked']);
  expect(consent).toMatchObject({ status: 'revoked', version: 4, endedAt: now });
});

test('a consent first seen revoked was accepted before, and both are told', () => {
  expect(tell(submitted, upstream('Revoked')).events).toEqual([
    'consent.requested',
    'consent.accepted',
    'consent.revoked',
  ]);
});

test('what is blocked twice for the same reason is told once, and goes on when it can', () => {
  const blocked: News = { kind: 'blocked', problem, on: 'a' };
  const { consent, events } = tell(blocked, blocked, submitted);
  expect(events).toEqual(['consent.blocked', 'consent.requested']);
  expect(consent.problem).toBeUndefined();
  expect(consent.blockedOn).toBeUndefined();
});

test('blocked for another reason is news', () => {
  expect(tell({ kind: 'blocked', problem, on: 'a' }, { kind: 'blocked', problem, on: 'b' }).events).toEqual([
    'consent.blocked',
    'consent.blocked',
  ]);
});

test('what Altinn says of a consent that is not known to be there changes nothing', () => {
  expect(tell(upstream('Accepted')).events).toEqual([]);
});

test('a withdrawn consent stays withdrawn, whatever the person does afterwards', () => {
  const { consent, events } = tell(submitted, { kind: 'withdrawn', mayBeAtAltinn: true }, upstream('Accepted'), {
    kind: 'expired',
  });
  expect(events).toEqual(['consent.requested', 'consent.withdrawn']);
  expect(consent).toMatchObject({ status: 'withdrawn', upstream: 'open' });
});

test('what waits or is accepted at Altinn may move to Altinn 3, with the rights it has there; what has ended, or never went out, stays', () => {
  const rights = [{ service: 'skd_4628_210607', metadata: { inntektsaar: '2024' } }];
  const ofTwo = (...news: News[]) => tellOf({ ...queued, generation: 'altinn2' }, ...news);
  const moved: News = { kind: 'moved', rights, approvalUrl: 'https://am.ui.example/moved' };
  expect(ofTwo(submitted, moved, upstream('Accepted')).events).toEqual([
    'consent.requested',
    'consent.moved',
    'consent.accepted',
  ]);
  expect(ofTwo(submitted, upstream('Accepted'), moved).consent).toMatchObject({
    ...{ status: 'accepted', version: 4, generation: 'altinn3', rights },
    approvalUrl: 'https://am.ui.example/moved',
  });
  expect(ofTwo(moved).events).toEqual([]);
  expect(ofTwo(submitted, moved, moved).events).toEqual(['consent.requested', 'consent.moved']);
  expect(tell(submitted, moved).events).toEqual(['consent.requested']);
  expect(ofTwo(submitted, upstream('Rejected'), moved).events).not.toContain('consent.moved');
});

test('what never went out is closed upstream when it is withdrawn', () => {
  expect(tell({ kind: 'withdrawn', mayBeAtAltinn: false }).consent).toMatchObject({
    status: 'withdrawn',
    upstream: 'closed',
  });
});

test('that it ends soon is told once, of an accepted one alone, and not before its time', () => {
  const soon = (days: number): News => ({ kind: 'expiring', days });
  expect(tell(submitted, soon(40)).events).toEqual(['consent.requested']);
  expect(tell(submitted, upstream('Accepted'), soon(29), soon(29)).events).toEqual([
    'consent.requested',
    'consent.accepted',
  ]);
  const { consent, events } = tell(submitted, upstream('Accepted'), soon(30), soon(30), soon(40), upstream('Accepted'));
  expect(events).toEqual(['consent.requested', 'consent.accepted', 'consent.expiring']);
  expect(consent).toMatchObject({ status: 'accepted', version: 4, expiringToldAt: now });
  expect(decide(consent, { kind: 'expired' }, now).map(({ event }) => event)).toEqual(['consent.expired']);
});

test('what ends within the minute is not told to end soon', () => {
  const { consent } = tell(submitted, upstream('Accepted'));
  const at = (msBefore: number) => new Date(consent.validTo.getTime() - msBefore);
  const soon: News = { kind: 'expiring', days: 7 };
  expect(decide(consent, soon, at(60_001))).toHaveLength(1);
  for (const ms of [60_000, 1000, 0, -1000]) expect(decide(consent, soon, at(ms))).toEqual([]);
});

const answers = ['Created', 'Accepted', 'Rejected', 'Revoked', 'Deleted'] as const;
const anyNews: fc.Arbitrary<News> = fc.oneof(
  fc.constant(submitted),
  { weight: 3, arbitrary: fc.constantFrom(...answers).map(upstream) },
  fc.constantFrom('a', 'b').map((on): News => ({ kind: 'blocked', problem, on })),
  fc.constant<News>({ kind: 'failed', problem: failure }),
  fc.constantFrom(0, 7, 400).map((days): News => ({ kind: 'expiring', days })),
  fc.constant<News>({ kind: 'expired' }),
  fc.boolean().map((mayBeAtAltinn): News => ({ kind: 'withdrawn', mayBeAtAltinn })),
  fc.constant<News>({ kind: 'moved', rights: [], approvalUrl: 'https://am.ui.example/moved' }),
);
const hour = 3_600_000;
/** News as they come, late, doubled and contradictory, with so many hours between. */
const anyHistory = fc.array(fc.tuple(anyNews, fc.integer({ min: 0, max: 72 })), { maxLength: 30 });

test('whatever the order of news: versions and events have no holes, an end is final, the same news twice is no news', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      let consent = queued;
      let ended: string | undefined;
      let at = now;
      for (const [item, hours] of history) {
        at = new Date(at.getTime() + hours * hour);
        const steps = decide(consent, item, at);
        for (const step of steps) {
          expect(step.consent.version).toBe(consent.version + 1);
          consent = step.consent;
        }
        if (ended !== undefined) expect(steps).toEqual([]);
        if (consent.endedAt) ended = consent.status;
        if (item.kind !== 'blocked') expect(decide(consent, item, at)).toEqual([]);
      }
    }),
  );
});

test('whatever the order of news: each event comes once at most, in the order of a consent’s life', () => {
  const life = [['consent.requested'], ['consent.accepted'], ['consent.expiring']];
  const ends = ['rejected', 'revoked', 'expired', 'withdrawn', 'failed'].map((status) => `consent.${status}`);
  const placeOf = (event: string) => [...life, ends].findIndex((events) => events.includes(event));
  fc.assert(
    fc.property(anyHistory, (history) => {
      let consent = queued;
      let at = now;
      const told: string[] = [];
      for (const [item, hours] of history) {
        at = new Date(at.getTime() + hours * hour);
        for (const step of decide(consent, item, at)) {
          consent = step.consent;
          told.push(step.event);
          // What an event says of the consent fits its name.
          if (ends.includes(step.event)) expect(`consent.${consent.status}`).toBe(step.event);
          if (step.event === 'consent.expiring')
            expect([consent.status, consent.validTo > at]).toEqual(['accepted', true]);
        }
      }
      const places = told.filter((event) => event !== 'consent.blocked').map(placeOf);
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      // An answer was asked for, and what is told to end was there.
      if (told.includes('consent.accepted')) expect(told).toContain('consent.requested');
      for (const event of ['consent.expiring', 'consent.revoked'])
        if (told.includes(event)) expect(told).toContain('consent.accepted');
      expect(consent.endedAt !== undefined).toBe(ends.includes(told.at(-1) ?? ''));
      expect(consent.version).toBe(1 + told.length);
    }),
    { numRuns: 500 },
  );
});
