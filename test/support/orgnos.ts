const weights = [3, 2, 7, 6, 5, 4, 3, 2];

/** So many organisation numbers with right check digits, one after the other. */
export const orgnos = (many: number, from = 81_000_000): string[] => {
  const found: string[] = [];
  for (let number = from; found.length < many; number += 1) {
    const digits = String(number);
    const sum = weights.reduce((all, weight, place) => all + weight * Number(digits[place]), 0);
    const control = (11 - (sum % 11)) % 11;
    if (control < 10) found.push(`${digits}${control}`);
  }
  return found;
};
