import { createHash } from 'node:crypto';

/** A made-up amount that is always the same for the same person and month, so that a test may compare two answers. */
const amount = (seed: string, low: number, high: number): number => {
  const share = createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round((low + share * (high - low)) / 100) * 100;
};

/** Months from and with the first to and with the last, as `YYYY-MM`; at most twenty years of them. */
export const monthsBetween = (first: string, last: string): string[] => {
  const months: string[] = [];
  let [year = 0, month = 0] = first.split('-').map(Number);
  for (let name = first; name <= last && months.length < 240; ) {
    months.push(name);
    month += 1;
    if (month > 12) {
      month = 1;
      year += 1;
    }
    name = `${year}-${String(month).padStart(2, '0')}`;
  }
  return months;
};

/** A month's pay as an employer reports it. */
export const monthlyIncome = (subject: string, month: string) => {
  const pay = amount(`pay ${subject}`, 38_000, 72_000) + amount(`extra ${subject} ${month}`, 0, 4_000);
  return {
    maaned: month,
    arbeidsgiver: { organisasjonsnummer: '910514318', navn: 'Syntetisk foretak' },
    loenn: pay,
    forskuddstrekk: Math.round((pay * 0.32) / 100) * 100,
  };
};

/** A year's totals as in a tax return. */
export const taxBasis = (subject: string, year: string) => ({
  inntektsaar: year,
  samletInntekt: amount(`year ${subject} ${year}`, 480_000, 890_000),
  bruttoformue: amount(`wealth ${subject} ${year}`, 200_000, 4_500_000),
  gjeld: amount(`debt ${subject} ${year}`, 0, 3_200_000),
  paaloepteRenter: amount(`interest ${subject} ${year}`, 0, 140_000),
});

/** What somebody owes for his studies. */
export const studentLoan = (subject: string) => ({ saldo: amount(`student ${subject}`, 0, 600_000) });
