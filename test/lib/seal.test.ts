import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Place, sealingRing } from '../../src/lib/seal.ts';

const one = { id: 'one', key: randomBytes(32) };
const two = { id: 'two', key: randomBytes(32) };
const place: Place = { tenantId: 't1', table: 'consents', column: 'party_sealed', row: 'c1' };

test('what is sealed opens in its place', () => {
  const ring = sealingRing([one]);
  expect(ring.open(place, ring.seal(place, '25922947409')).toString()).toBe('25922947409');
});

test('it opens in no other row, column, table or tenant', () => {
  const ring = sealingRing([one]);
  const sealed = ring.seal(place, 'x');
  for (const elsewhere of [{ row: 'c2' }, { column: 'other' }, { table: 'tokens' }, { tenantId: 't2' }])
    expect(() => ring.open({ ...place, ...elsewhere }, sealed)).toThrow();
});

test('a changed byte anywhere is noticed', () => {
  const ring = sealingRing([one]);
  const sealed = ring.seal(place, 'x');
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => ring.open(place, changed)).toThrow();
  }
});

test('the first key seals, all open', () => {
  const before = sealingRing([one]).seal(place, 'x');
  const ring = sealingRing([two, one]);
  expect(ring.open(place, before).toString()).toBe('x');
  expect([ring.isCurrent(before), ring.isCurrent(ring.seal(place, 'x'))]).toEqual([false, true]);
});

test('a key that is missing from the ring is named', () => {
  expect(() => sealingRing([two]).open(place, sealingRing([one]).seal(place, 'x'))).toThrow(/"one"/);
});

test('the same text is never sealed alike twice', () => {
  const ring = sealingRing([one]);
  expect(ring.seal(place, 'x')).not.toEqual(ring.seal(place, 'x'));
});

test('a tag that was cut short opens nothing', () => {
  const ring = sealingRing([one]);
  const sealed = ring.seal(place, '');
  for (const left of [15, 12, 8, 4, 0])
    expect(() => ring.open(place, sealed.subarray(0, sealed.length - 16 + left))).toThrow();
});

test('two keys of one name make no ring', () => {
  expect(() => sealingRing([one, { ...two, id: 'one' }])).toThrow('the same id');
});
