import { expect } from 'vitest';
import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { given, masked, persons } from '../support/given.ts';
import type { TenantName } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import type { Chance } from './chance.ts';
import type { FaultHub } from './hub-of-processes.ts';
import { nothingIsSentTwice, tenants, wholeFeed } from './whole-feed.ts';

type Listed = { id: string; status: string; approvalUrl: string };

/** For a machine that has much else to do. */
const patienceMs = 90_000;

/** How a person may answer, and what then holds at the sandbox. */
const atAltinn = { accepted: 'Accepted', rejected: 'Rejected', pending: 'Created' } as const;
type Wanted = keyof typeof atAltinn;

/** Some consents of both tenants, from the wish to the person's answer; chance decides how many and what is answered. */
export const openStory = (hub: FaultHub, chance: Chance) => {
  const asked = new Map<string, { who: TenantName; wanted: Wanted; approvalUrl: string }>();

  const listed = async (who: TenantName): Promise<Map<string, { status: string; approvalUrl: string }>> => {
    const found = new Map<string, { status: string; approvalUrl: string }>();
    for (let cursor = ''; ; ) {
      const { body } = await hub.call(who, 'GET', `/v1/consents?limit=200${cursor}`);
      for (const { id, status, approvalUrl } of body['items'] as Listed[]) found.set(id, { status, approvalUrl });
      if (typeof body['next'] !== 'string') return found;
      cursor = `&cursor=${body['next']}`;
    }
  };

  const allBecome = async (status: (wanted: Wanted) => string): Promise<void> => {
    const all = new Set([...asked].map(([id, { wanted }]) => `${id} ${status(wanted)}`));
    await until(
      'all consents to be as they should',
      async () => {
        const rows = await hub.rows<{ id: string; status: string }>('select id, status from consents');
        return rows.length === all.size && rows.every((row) => all.has(`${row.id} ${row.status}`));
      },
      patienceMs,
    );
    for (const who of tenants) {
      const found = await listed(who);
      for (const [id, consent] of asked) {
        if (consent.who !== who) continue;
        expect(found.get(id)?.status).toBe(status(consent.wanted));
        consent.approvalUrl = found.get(id)?.approvalUrl ?? '';
      }
    }
  };

  /**
   * No work is left but what is done hours from now; and a consent that waits for its person is looked at all the time, as
   * its tenant's feed is, and a token in use is renewed.
   */
  const settled = () =>
    until(
      'all work to be done',
      async () => {
        const left = await hub.rows(
          `select 1 from outbox where due_at < now() + interval '10 minutes'
         and not (job = 'read-consent' and due_at > now() - interval '10 seconds'
           and exists (select 1 from consents c where c.id = subject_id and c.status = 'pending'))
         and not (job in ('refresh-token', 'read-feed') and due_at > now() - interval '10 seconds')`,
        );
        return left.length === 0;
      },
      patienceMs,
    );

  return {
    /** Takes note of what was asked in another way. */
    note: (who: TenantName, id: string, wanted: Wanted = 'pending') => {
      asked.set(id, { who, wanted, approvalUrl: '' });
    },
    settled,
    async ask(): Promise<void> {
      const whose = Array.from({ length: chance.whole(1, 4) }, () => chance.oneOf<TenantName>(['bank', 'insurer']));
      const wanted = whose.map(() => chance.oneOf<Wanted>(['accepted', 'accepted', 'rejected']));
      await Promise.all(
        whose.map(async (who, index) => {
          const { status, body } = await hub.call(who, 'POST', '/v1/consents', given.ask(`${hub.receiver.url}/done`));
          expect(status).toBe(202);
          asked.set(String(body['id']), { who, wanted: wanted[index] ?? 'accepted', approvalUrl: '' });
        }),
      );
    },
    /** Altinn has them all. */
    pending: () => allBecome(() => 'pending'),
    /** Each person answers in the sandbox's page. Where a browser ends is of no importance here. */
    answer: () =>
      Promise.all(
        [...asked.values()]
          .filter(({ wanted }) => wanted !== 'pending')
          .map(({ approvalUrl, wanted }) =>
            answerAsPerson(approvalUrl, masked(persons.one), wanted === 'accepted' ? 'accept' : 'reject'),
          ),
      ),
    /**
     * Nothing was lost and nothing doubled: each consent once at the sandbox and as its person answered, each event once,
     * numbered without holes, delivered at least once under one id, and no work left.
     */
    async endsWell(): Promise<void> {
      await allBecome((wanted) => wanted);
      await settled();
      const sent = await hub.sandbox.consents();
      expect(new Map(sent.map(({ id, status }) => [id, status]))).toEqual(
        new Map([...asked].map(([id, { wanted }]) => [id, atAltinn[wanted]])),
      );
      expect(sent).toHaveLength(asked.size);
      for (const who of tenants) await eventsAreWhole(who);
      await nothingIsSentTwice(hub);
      expect(await hub.rows(`select * from webhook_deliveries where status <> 'delivered'`)).toEqual([]);
    },
  };

  async function eventsAreWhole(who: TenantName): Promise<void> {
    const events = await wholeFeed(hub, who);
    const mine = [...asked].filter(([, consent]) => consent.who === who);
    expect(events).toHaveLength(mine.reduce((sum, [, { wanted }]) => sum + (wanted === 'pending' ? 1 : 2), 0));
    for (const [id, { wanted }] of mine)
      expect(
        events.filter(({ data }) => data.consent?.id === id).map(({ type, data }) => [type, data.consent?.version]),
      ).toEqual([['consent.requested', 2], ...(wanted === 'pending' ? [] : [[`consent.${wanted}`, 3]])]);
    for (const event of events) {
      const got = hub.receiver.received.filter(({ headers }) => headers['webhook-id'] === event.id);
      expect(got.length, `webhook ${event.type} ${event.id}`).toBeGreaterThan(0);
      for (const { body } of got) expect(JSON.parse(body)).toEqual(event);
    }
  }
};

export type Story = ReturnType<typeof openStory>;
