import { expect, test } from 'vitest';
import { type Entry, planMoves, readConsumers, type Target } from '../../src/domain/owner-lists.ts';

const scope: Target = { register: 'maskinporten', name: 'hub:accounts' };
const srr: Target = { register: 'srr', name: '9000_1' };
const targets = [scope, { ...scope, name: 'hub:loans' }, srr];
const [one, two] = ['313876144', '910514318'];
const now = new Date('2026-11-26T12:00:00Z');

const plan = (target: Target, written: { orgno: string; validTo?: string }[], entries: Entry[]) => {
  const rows = written.map((row, index) => ({ line: index + 2, ...row }));
  return planMoves(target, readConsumers(rows, targets).consumers, entries, now).moves;
};

test('an empty cell means all lists of a register, a dash none, and a name that one', () => {
  const { consumers } = readConsumers(
    [
      { line: 2, orgno: '313 876 144' },
      { line: 3, orgno: two, scopes: 'hub:loans', srrServices: '-' },
    ],
    targets,
  );
  expect(consumers.map((consumer) => [...consumer.targets])).toEqual([
    ['maskinporten hub:accounts', 'maskinporten hub:loans', 'srr 9000_1'],
    ['maskinporten hub:loans'],
  ]);
});

test('who has passed the end that was set belongs on no list; a day lasts until its end in Norway', () => {
  const [today, yesterday] = ['2026-11-26', '2026-11-25'];
  expect(plan(scope, [{ orgno: one, validTo: today }], [])).toMatchObject([{ what: 'add', orgno: one }]);
  expect(plan(scope, [{ orgno: one, validTo: yesterday }], [{ orgno: one }])).toMatchObject([{ what: 'remove' }]);
  expect(plan(scope, [{ orgno: one, validTo: '2026-11-26T11:59:59Z' }], [])).toEqual([]);
});

test('a right of SRR gets the end that was set, or one far ahead, and is renewed before it ends', () => {
  const held = (validTo: string) => [{ orgno: one, id: '7', validTo: new Date(validTo) }];
  const until = (validTo: string) => [{ orgno: one, validTo }];
  expect(plan(srr, [{ orgno: one }], [])).toMatchObject([{ what: 'add', validTo: new Date('2036-11-23T12:00:00Z') }]);
  expect(plan(srr, [{ orgno: one }], held('2027-03-01T00:00:00Z'))).toEqual([]);
  expect(plan(srr, [{ orgno: one }], held('2026-12-24T00:00:00Z'))).toMatchObject([{ what: 'change', id: '7' }]);
  expect(plan(srr, until('2027-06-30'), held('2027-06-30T21:59:59Z'))).toEqual([]);
  expect(plan(srr, until('2027-06-30'), held('2029-01-01T00:00:00Z'))).toMatchObject([
    { what: 'change', validTo: new Date('2027-06-30T21:59:59Z') },
  ]);
});
