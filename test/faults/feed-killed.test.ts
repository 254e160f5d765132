import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';

const many = 250;

const ask = async ({ call, receiver }: FaultHub): Promise<string> => {
  const { status, body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  if (status !== 202) throw new Error(`asking answered ${status}: ${JSON.stringify(body)}`);
  return String(body['id']);
};

/** Some at a time, and all in the end. */
const each = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const left = [...items.entries()];
  const done: R[] = [];
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) done[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return done;
};

const counted = async ({ rows }: FaultHub, status: string): Promise<number> =>
  Number(
    (await rows(`select count(*) as many from consents where status = $1::consent_status`, [status]))[0]?.['many'],
  );

/** It comes due two minutes after the first consent has come to Altinn, however long the others take. */
const isPutOff = ({ rows }: FaultHub) =>
  rows(
    `update outbox set due_at = now() + interval '1 hour' where job = 'read-feed' and due_at < now() + interval '30 minutes'`,
  );

const becomesDue = ({ rows }: FaultHub) => rows(`update outbox set due_at = now() where job = 'read-feed'`);

/** Pages that were asked for, by where they begin: the time, or the place in the feed. */
const pagesAsked = async ({ sandbox }: FaultHub): Promise<string[]> =>
  (await sandbox.calls('events')).map(({ path }) => /continuationToken=([^&]*)/.exec(path)?.[1] ?? 'by time');

for (const engine of engines)
  faultTest(
    `a worker killed in the middle of a feed of ${many} answers: the next one goes on there`,
    engine,
    async (hub) => {
      const { sandbox } = hub;
      await sandbox.settings({ feedLagMs: 0, createdInFeed: false });
      // Reading single consents tells nothing: what is found is found in the feed.
      await sandbox.fault('get', { kind: 'status', status: 503 }, 1_000_000);
      const ids = await each(Array.from({ length: many }), () => ask(hub));
      await until(
        'all to be at Altinn',
        async () => {
          const areThere = (await counted(hub, 'pending')) === many;
          await isPutOff(hub);
          return areThere;
        },
        120_000,
      );
      await each(ids, (id) => sandbox.person(id, 'accept'));
      await sandbox.forget();

      // The first page goes through, the second one is answered to nobody.
      await sandbox.fault('events', { kind: 'delay', ms: 0 });
      await sandbox.fault('events', { kind: 'hold', when: 'after', name: 'second' });
      await becomesDue(hub);
      await sandbox.parked('second');
      await hub.worker.kill();
      expect(await counted(hub, 'accepted')).toBe(100);
      const [feed] = await hub.rows('select next_link, read_at from feeds');
      expect(feed).toMatchObject({ next_link: expect.stringContaining('continuationToken'), read_at: null });
      await sandbox.release('second');

      await hub.startWorker('the next worker');
      await until('all to be found', async () => (await counted(hub, 'accepted')) === many, 60_000);
      await until('the feed to be read to its end', async () => {
        const [row] = await hub.rows('select 1 from feeds where next_link is null and read_at is not null');
        return row !== undefined;
      });
      // Three pages, of which the second was asked for twice.
      const pages = await pagesAsked(hub);
      expect(pages[0]).toBe('by time');
      expect(pages.slice(1, 3)).toEqual([pages[1], pages[1]]);
      expect(pages).toHaveLength(4);

      const events = await hub.rows<{ sequence: string; type: string; consent_id: string }>(
        'select sequence, type, consent_id from events order by sequence',
      );
      expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
      const accepted = events.filter(({ type }) => type === 'consent.accepted').map((event) => event.consent_id);
      expect(accepted).toHaveLength(many);
      expect(new Set(accepted)).toEqual(new Set(ids));
    },
    underLoad,
  );
