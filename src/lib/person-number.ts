/** What a check digit is reckoned from: each digit times its weight, modulo 11. */
export const weighed = (digits: string, weights: number[]): number =>
  weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0) % 11;

/**
 * Check digits as Altinn verifies them, the rule from 2032 included (the first may come out of 11, 12, 13 or 14). Dates
 * are not looked at: synthetic numbers add to the month, D-numbers to the day.
 * @see docs/sources/altinn-3.md
 */
export const isPersonNumber = (text: string): boolean => {
  if (!/^\d{11}$/.test(text)) return false;
  const first = weighed(text, [3, 7, 6, 1, 8, 9, 4, 5, 2]);
  const second = (11 - weighed(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) % 11;
  return [11, 12, 13, 14].some((base) => (base - first) % 11 === Number(text[9])) && second === Number(text[10]);
};
