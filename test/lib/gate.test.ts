import { expect, test } from 'vitest';
import { openGate } from '../../src/lib/gate.ts';

const full = () => new Error('full');

test('so many are let in at once, the rest in their order, and who finds no place to wait is told so at once', async () => {
  const enter = openGate(2, 2, full);
  const doors: (() => void)[] = [];
  const entered: number[] = [];
  const visit = (name: number) =>
    enter(() => {
      entered.push(name);
      return new Promise<void>((resolve) => doors.push(resolve));
    });
  const visits = [0, 1, 2, 3].map(visit);
  await expect(visit(4)).rejects.toThrow('full');
  expect(entered).toEqual([0, 1]);
  doors[1]?.();
  await visits[1];
  await expect.poll(() => entered).toEqual([0, 1, 2]);
  doors[0]?.();
  doors[2]?.();
  await expect.poll(() => entered).toEqual([0, 1, 2, 3]);
  doors[3]?.();
  await Promise.all(visits);
});

test('who fails inside makes room like anybody else', async () => {
  const enter = openGate(1, 0, full);
  await expect(enter(() => Promise.reject(new Error('stumbled')))).rejects.toThrow('stumbled');
  expect(await enter(async () => 'in')).toBe('in');
});
