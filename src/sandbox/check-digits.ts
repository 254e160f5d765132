const sumOf = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);

/** Nine digits whose last one fits, as Altinn checks it. */
export const isOrgno = (text: string): boolean =>
  /^\d{9}$/.test(text) && (11 - (sumOf(text, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(text[8]);

/** Eleven digits whose last two fit. No date is looked at, so synthetic numbers (month + 80) pass; so does the rule of 2032. */
export const isPersonNumber = (text: string): boolean => {
  if (!/^\d{11}$/.test(text)) return false;
  const rest = sumOf(text, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11;
  const firstFits = [11, 12, 13, 14].some((base) => (base - rest) % 11 === Number(text[9]));
  return firstFits && (11 - (sumOf(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(text[10]);
};
