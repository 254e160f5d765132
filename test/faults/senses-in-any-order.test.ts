import { afterAll, expect, test } from 'vitest';
import { givenTwoStores, now } from '../store/given-store.ts';
import { type Chance, chance as chanceFrom, isLong, seed } from './chance.ts';
import type { Answer } from './pretend-altinn.ts';
import { day, openSenses, type Senses } from './senses.ts';

const { store, other, close } = await givenTwoStores();
afterAll(close);

const second = 1000;
type Act = Answer | 'withdrawn';

/** What happens to a consent while it is young, within its last three days, and after that was told; and what is told of it. */
type Story = { acts: readonly [Act[], Act[], Act[]]; told: string[] };
const stories: readonly [Story, ...Story[]] = [
  { acts: [[], [], []], told: ['requested', 'expired'] },
  { acts: [['Accepted'], [], []], told: ['requested', 'accepted', 'expiring', 'expired'] },
  { acts: [['Rejected'], [], []], told: ['requested', 'rejected'] },
  { acts: [['Accepted', 'Revoked'], [], []], told: ['requested', 'accepted', 'revoked'] },
  { acts: [[], ['Accepted'], []], told: ['requested', 'accepted', 'expiring', 'expired'] },
  { acts: [['Accepted'], [], ['Revoked']], told: ['requested', 'accepted', 'expiring', 'revoked'] },
  { acts: [[], [], ['Rejected']], told: ['requested', 'rejected'] },
  // Whatever the person does afterwards.
  { acts: [['withdrawn', 'Accepted'], ['Revoked'], []], told: ['requested', 'withdrawn'] },
  { acts: [['Accepted'], [], ['withdrawn', 'Revoked']], told: ['requested', 'accepted', 'expiring', 'withdrawn'] },
];

type Told = { id: string; state: string; story: Story };
type Play = {
  senses: Senses;
  chance: Chance;
  asked: readonly Told[];
  at: { ms: number };
  /** What is under way, and browsers that wait for what comes of it. */
  under: Promise<unknown>[];
  browsers: Promise<unknown>[];
};

/** What can happen next, whoever's turn it is. Nothing of it may change what is told in the end. */
const anyStep = ({ senses, chance, asked, at, browsers }: Play): (() => Promise<unknown>) => {
  const one = chance.oneOf(senses.processes);
  const by = chance.whole(1, 5) === 1 ? one.dying : one.parts;
  const { id, state } = chance.oneOf(asked as [Told, ...Told[]]);
  const work = async () => {
    at.ms += chance.whole(0, 3) * second;
    for (const handOut of await senses.claim(chance.oneOf([1, 60_000]))) {
      const runs = [() => senses.run(by, handOut, chance.whole(1, 4) > 1)];
      if (chance.whole(1, 4) === 1) runs.push(() => senses.run(one.parts, handOut, true));
      await Promise.all(runs.map((run) => run()));
    }
  };
  return chance.oneOf([
    work,
    work,
    work,
    async () => void browsers.push(senses.comesBack(one.parts, state)),
    () => senses.feedPage(by, chance.whole(0, senses.altinn.feed.length), chance.whole(1, 4)),
    () => senses.feedPage(by, 0, 100),
    () => senses.submitted(by, id),
    async () => senses.altinn.letOneGo(),
  ]);
};

/** All that was held up comes through, by reads, by the feed or by both, and time passes until nothing more is to come. */
const settle = async ({ senses, chance, at, under, browsers }: Play, pauseMs: number): Promise<void> => {
  senses.altinn.calm();
  await Promise.all(under.splice(0));
  const by = senses.processes[0].parts;
  if (chance.oneOf([true, false])) await senses.feedPage(by, 0, 100);
  await senses.lapse();
  for (let round = 0; round < 2; round += 1) {
    at.ms += pauseMs;
    // Each may have to take a turn first, and then another.
    for (let more = true; more; at.ms += second) {
      const due = await senses.claim(60_000);
      await Promise.all(due.map((handOut) => senses.run(by, handOut, true)));
      more = due.length > 0;
    }
  }
  if (chance.oneOf([true, false])) await senses.feedPage(by, 0, 100);
  await Promise.all(browsers.splice(0));
  senses.altinn.stir();
};

/** One order of things, from the first request to the last word. */
const play = async (chance: Chance, at: { ms: number }): Promise<void> => {
  const clock = { now: () => new Date(at.ms) };
  const senses = await openSenses({ stores: [store, other], database: store.database }, chance, clock);
  const validTo = new Date(at.ms + 10 * day);
  const asked: Told[] = [];
  for (let many = chance.whole(1, 3); many > 0; many -= 1)
    asked.push({ ...(await senses.ask(validTo)), story: chance.oneOf(stories) });
  for (const { id } of asked) await senses.submitted(senses.processes[0].parts, id);
  const theirs: Play = { senses, chance, asked, at, under: [], browsers: [] };

  for (const [phase, beginsMs, pauseMs] of [
    [0, at.ms, 15 * second],
    [1, validTo.getTime() - 3 * day, 2.1 * 3_600_000],
    [2, validTo.getTime() - 2 * day, 2.1 * 3_600_000],
  ] as const) {
    at.ms = Math.max(at.ms, beginsMs);
    const acts = asked.map(({ id, story }) => ({ id, left: [...story.acts[phase]] }));
    for (let steps = chance.whole(3, 8); steps > 0 || acts.some(({ left }) => left.length > 0); steps -= 1) {
      at.ms += chance.whole(1, 800);
      const { id, left } = chance.oneOf(acts as [(typeof acts)[number]]);
      const act = left.shift();
      if (act === 'withdrawn') await senses.withdraw(senses.processes[1].parts, id);
      else if (act) senses.altinn.answer(id, act, clock.now());
      const happens = anyStep(theirs)().catch((error: unknown) => {
        if (!senses.isKilled(error)) throw error;
      });
      happens.catch(() => undefined); // it is looked at in the end
      theirs.under.push(happens);
      // Sometimes one after the other, sometimes side by side; what waits for Altinn waits on.
      if (chance.oneOf([true, false])) await Promise.race([happens, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    await settle(theirs, pauseMs);
  }
  at.ms = validTo.getTime() + 60 * second;
  await settle(theirs, second);

  const events = await senses.events();
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  for (const { id, story } of asked) {
    const own = events.flatMap(({ type, data }) => {
      const { consent } = data as { consent: { id: string; version: number } };
      return consent.id === id ? [[type.replace('consent.', ''), consent.version]] : [];
    });
    expect(own, JSON.stringify(story)).toEqual(story.told.map((type, index) => [type, index + 2]));
  }
  expect(await senses.owed()).toEqual([]);
};

const many = isLong ? 1000 : 50;
test(
  `${many} orders of returns, reads, feed pages, crashes and repeats end in the same events, seed ${seed}`,
  async () => {
    const at = { ms: now.getTime() };
    for (let index = 0; index < many; index += 1) {
      const own = chanceFrom(seed * 1009 + index);
      await play(own, at).catch((error: unknown) => {
        throw new Error(`order ${index} of seed ${seed} went wrong`, { cause: error });
      });
    }
  },
  isLong ? 7_200_000 : 300_000,
);
