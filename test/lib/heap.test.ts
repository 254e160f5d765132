import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openHeap } from '../../src/lib/heap.ts';

test('what is put in comes out in order, also when it is put in between', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, second) => {
      const heap = openHeap<number>((a, b) => a < b);
      for (const item of first) heap.push(item);
      expect(heap.pop()).toBe([...first].sort((a, b) => a - b)[0]);
      for (const item of second) heap.push(item);
      const rest = [...first].sort((a, b) => a - b).slice(1);
      const expected = [...rest, ...second].sort((a, b) => a - b);
      expect(heap.size).toBe(expected.length);
      expect(Array.from(expected, () => heap.pop())).toEqual(expected);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
