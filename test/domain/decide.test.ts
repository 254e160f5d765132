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

const tell = (...news: News[]) => {
  let consent = queued;
  const events: string[] = [];
  for (const item of news)
    for (const step of decide(consent, item, now)) {
      consent = step.consent;
      events.push(step.event);
    }
  return { consent, events };
};

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

test('what never went out is closed upstream when it is withdrawn', () => {
  expect(tell({ kind: 'withdrawn', mayBeAtAltinn: false }).consent).toMatchObject({
    status: 'withdrawn',
    upstream: 'closed',
  });
});

test('whatever the order of news: versions and events have no holes, an end is final, the same news twice is no news', () => {
  const anyNews: fc.Arbitrary<News> = fc.oneof(
    fc.constant(submitted),
    fc
      .constantFrom('Created', 'Accepted', 'Rejected', 'Revoked', 'Deleted')
      .map((status) => upstream(status as 'Created')),
    fc.constantFrom('a', 'b').map((on): News => ({ kind: 'blocked', problem, on })),
    fc.constant<News>({ kind: 'failed', problem: failure }),
    fc.constant<News>({ kind: 'expired' }),
    fc.boolean().map((mayBeAtAltinn): News => ({ kind: 'withdrawn', mayBeAtAltinn })),
  );
  fc.assert(
    fc.property(fc.array(anyNews, { maxLength: 30 }), (news) => {
      let consent = queued;
      let ended: string | undefined;
      for (const item of news) {
        const steps = decide(consent, item, now);
        for (const step of steps) {
          expect(step.consent.version).toBe(consent.version + 1);
          consent = step.consent;
        }
        if (ended !== undefined) expect(steps).toEqual([]);
        if (consent.endedAt) ended = consent.status;
        if (item.kind !== 'blocked') expect(decide(consent, item, now)).toEqual([]);
      }
    }),
  );
});
