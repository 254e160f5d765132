import { expect, test } from 'vitest';
import { jobs } from '../../src/usecases/jobs.ts';
import { isLong } from '../faults/chance.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { aTenant, givenQueues, job } from './given-queues.ts';

const { concurrency: share, places } = jobs[job];
const backlog = isLong ? 100_000 : 20_000;

/** Whose work began, in order; that of a tenant who hangs ends when all is let go. */
const openWorks = () => {
  const begun: string[] = [];
  const hanging = new Set<string>();
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return {
    begun,
    hang: (tenantId: string) => void hanging.add(tenantId),
    letGo,
    of: (tenantId: string) => begun.filter((each) => each === tenantId).length,
    work: async ({ tenantId }: { tenantId: string }) => {
      begun.push(tenantId);
      if (hanging.has(tenantId)) await held;
      return undefined;
    },
  };
};

for (const engine of engines) {
  test(`receivers that hang keep their own tenants’ share of the places, and nobody else waits (queues on ${engine})`, async () => {
    const works = openWorks();
    const queues = await givenQueues(engine, works.work);
    try {
      const dead = Array.from({ length: 12 }, aTenant);
      const [first = ''] = dead;
      for (const tenantId of dead) works.hang(tenantId);
      await queues.owe(first, backlog);
      await queues.start();
      await until('the first to have its share', () => works.of(first) === share);
      const quiet = aTenant();
      await queues.owe(quiet, 3);
      await until('the quiet one to be done', async () => (await queues.owed(quiet)) === 0);
      for (const tenantId of dead.slice(1)) {
        await queues.owe(tenantId, 300);
        await until('each to have a turn', () => works.of(tenantId) > 0);
      }
      // All of them hang, and there is room still.
      const another = aTenant();
      await queues.owe(another, 3);
      await until('another quiet one to be done', async () => (await queues.owed(another)) === 0);
      expect(works.of(first)).toBe(share);
      expect(dead.reduce((sum, tenantId) => sum + works.of(tenantId), 0)).toBeLessThan(places);
    } finally {
      works.letGo();
      await queues.close();
    }
  });

  test(`a tenant’s only row goes before all but the few that are out already, whatever another has waiting (queues on ${engine})`, async () => {
    const works = openWorks();
    const queues = await givenQueues(engine, works.work);
    try {
      const noisy = aTenant();
      await queues.owe(noisy, backlog);
      await queues.start();
      for (const round of [1, 2, 3, 4, 5]) {
        await until('the noisy one to be well under way', () => works.of(noisy) > round * 300);
        const quiet = aTenant();
        await queues.owe(quiet, 1);
        const before = works.begun.length;
        await until('the quiet one to begin', () => works.of(quiet) === 1);
        // What was out, and what a claim under way was fetching.
        expect(works.begun.indexOf(quiet) - before).toBeLessThanOrEqual(2 * share);
      }
      expect(await queues.owed(noisy)).toBeGreaterThan(0);
    } finally {
      works.letGo();
      await queues.close();
    }
  });

  test(`many tenants take turns: none has a second before each had a first (queues on ${engine})`, async () => {
    const works = openWorks();
    const queues = await givenQueues(engine, works.work);
    try {
      const tenants = Array.from({ length: 100 }, aTenant);
      // More than there are places for.
      for (const tenantId of tenants) await queues.owe(tenantId, Math.ceil(places / tenants.length) + 2);
      for (const tenantId of tenants) works.hang(tenantId);
      await queues.start();
      await until('each to have its first turn', () => new Set(works.begun).size === tenants.length);
      const most = Math.max(...tenants.map(works.of));
      const least = Math.min(...tenants.map(works.of));
      expect(most - least).toBeLessThanOrEqual(1);
    } finally {
      works.letGo();
      await queues.close();
    }
  });
}
