/** Delay before the try after `failures` failures in a row: doubling from `firstMs` to at most `mostMs`, ±20 %. */
export const backoff =
  (firstMs: number, mostMs: number) =>
  (failures: number, random: number = Math.random()): number =>
    Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30)) * (0.8 + 0.4 * random);
