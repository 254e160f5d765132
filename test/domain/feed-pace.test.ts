import { describe, expect, test } from 'vitest';
import { type Feed, feedDue, feedPlace, keptTurn, placeAfter } from '../../src/domain/feed-pace.ts';

const now = new Date('2026-11-26T12:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const ago = (ms: number): Date => new Date(now.getTime() - ms);

describe('when a feed is read', () => {
  test.each<[string, Feed, Date | undefined]>([
    ['never while nothing can change', { position: ago(hour), readAt: ago(hour), nextLink: 'x' }, undefined],
    ['at once the first time', { pendingSince: ago(minute) }, ago(minute)],
    [
      'every two minutes while one is pending',
      { pendingSince: ago(hour), acceptedSince: ago(99 * hour), readAt: now },
      ago(-2 * minute),
    ],
    ['every hour while only accepted ones live', { acceptedSince: ago(99 * hour), readAt: now }, ago(-hour)],
    [
      'at once where a wrong clock noted a read that lies ahead',
      { pendingSince: ago(hour), readAt: ago(-hour) },
      ago(hour),
    ],
    ['at once where the other process’s clock is a little ahead', { pendingSince: ago(-10) }, now],
    ['at once where it was not read to its end', { acceptedSince: ago(hour), readAt: now, nextLink: 'x' }, ago(hour)],
  ])('%s', (_name, feed, due) => {
    expect(feedDue(feed, now)).toEqual(due);
  });
});

describe('where it is read from', () => {
  const pendingSince = ago(24 * hour);
  test.each<[string, Feed, ReturnType<typeof feedPlace>]>([
    ['nowhere while nothing can change', { position: now }, undefined],
    ['well before the oldest that can change, the first time', { pendingSince }, { after: ago(27 * hour) }],
    ['a little before the newest news', { pendingSince, position: ago(6 * minute) }, { after: ago(16 * minute) }],
    ['from the link that was kept', { pendingSince, position: ago(hour), nextLink: 'x' }, { link: 'x' }],
    ['from the link also where no page has told anything yet', { pendingSince, nextLink: 'x' }, { link: 'x' }],
    [
      'past what was there before anything could change',
      { pendingSince: ago(hour), position: ago(900 * hour), nextLink: 'x' },
      { after: ago(4 * hour) },
    ],
    [
      'from the oldest of both kinds',
      { pendingSince: ago(hour), acceptedSince: ago(99 * hour) },
      { after: ago(102 * hour) },
    ],
  ])('%s', (_name, feed, place) => {
    expect(feedPlace(feed)).toEqual(place);
  });
});

test('a page moves the place to its newest news, wherever that stands, and never ahead of us', () => {
  expect(placeAfter([{ at: ago(3) }, { at: ago(1) }, { at: ago(2) }], now)).toEqual(ago(1));
  expect(placeAfter([{ at: ago(3) }, { at: ago(-hour) }], now)).toEqual(now);
  expect(placeAfter([], now)).toBeUndefined();
});

test('a turn that lies ahead or has just come is used; one long past or from a wrong clock is not', () => {
  const turn = (turnAt?: Date) => keptTurn(turnAt ? { turnAt } : {}, now, 5 * minute);
  expect(turn(ago(-minute))).toEqual(ago(-minute));
  expect(turn(ago(1000))).toEqual(ago(1000));
  expect(turn(ago(minute))).toBeUndefined();
  expect(turn(ago(-hour))).toBeUndefined();
  expect(turn()).toBeUndefined();
});
