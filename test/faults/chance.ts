/** The one place where it is read how much of the fault tests runs: a few drawn by a seed, or all of them. */
export const isLong = process.env['HUB_TEST_LONG'] === '1';

/** Another one each time, unless told: `HUB_TEST_SEED` of a test's name, with the same HUB_TEST_LONG, repeats its run. */
export const seed = Number(process.env['HUB_TEST_SEED'] ?? Math.floor(Math.random() * 100_000));
if (!Number.isInteger(seed)) throw new Error('HUB_TEST_SEED: must be a whole number');

export type Chance = {
  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number;
  oneOf<T>(choices: readonly [T, ...T[]]): T;
};

/** Repeatable chance (mulberry32). */
export const chance = (from: number): Chance => {
  let state = from | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole: Chance['whole'] = (least, most) => least + Math.floor(next() * (most - least + 1));
  return { whole, oneOf: (choices) => choices[whole(0, choices.length - 1)] ?? choices[0] };
};

export type Drawn<T> = { row: T; chance: Chance; label: string };

/**
 * What of a table runs: `few` rows drawn by the seed, or with HUB_TEST_LONG=1 each row `rounds` times. What chance decides
 * within a test hangs on the seed, the table's name, the row and the round alone.
 */
export const drawn = <T>(name: string, table: readonly T[], few: number, rounds = 2): Drawn<T>[] => {
  const own = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
  const drawnWith = (row: T, round: number): Drawn<T> => ({
    row,
    chance: chance(own + table.indexOf(row) * 101 + round),
    label: `seed ${seed}${isLong ? `, round ${round}` : ''}`,
  });
  if (isLong) return table.flatMap((row) => Array.from({ length: rounds }, (_, index) => drawnWith(row, index + 1)));
  const draw = chance(own);
  const left = [...table];
  const picked = Array.from({ length: Math.min(few, table.length) }, () =>
    left.splice(draw.whole(0, left.length - 1), 1),
  ).flat();
  return table.filter((row) => picked.includes(row)).map((row) => drawnWith(row, 1));
};

/** How many creates make a load: a few hundred when it may take long. */
export const loadOf = (few: number): number => (isLong ? 4 * few : few);
