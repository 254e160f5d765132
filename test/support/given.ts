/** Synthetic persons of Altinn's test environment. */
export const persons = { one: '25922947409', two: '03867199348', three: '23886799519' } as const;

/** As the sandbox's register has them; Altinn 2 compares. */
export const surnames = { one: 'Nordmann', two: 'Lippe', three: 'Hansen' } as const;

/** Income, once in each generation of Altinn. */
export const incomeOf = {
  altinn3: {
    key: 'ske-inntekt',
    metadata: { fraogmed: '2025-01', tilogmed: '2025-12' },
  },
  altinn2: {
    key: 'a2-inntekt',
    metadata: { fraOgMed: '2025-01', tilOgMed: '2025-12' },
  },
} as const;

/** The catalogue's entry for Altinn 2's income. */
export const altinn2Income = {
  key: incomeOf.altinn2.key,
  generation: 'altinn2',
  serviceCode: '4804',
  serviceEditionCode: 210607,
  consentHeader: 'AltinnSamtykke',
  dataScope: 'skatteetaten:inntekt',
  metadata: ['fraOgMed', 'tilOgMed'],
  maxValidityDays: 10,
  messageAllowed: false,
  dataPaths: ['GET /inntekt/{from}'],
  checkDataAccess: true,
};

export const masked = (number: string): string => `${number.slice(0, 6)}*****`;

const day = 24 * 60 * 60 * 1000;

/** What a test starts from; each may be changed in part. */
export const given = {
  ask: (redirectUrl: string, change: Record<string, unknown> = {}) => ({
    from: { person: persons.one },
    rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
    validTo: new Date(Date.now() + 10 * day).toISOString(),
    redirectUrl,
    ...change,
  }),
  /** The same of either generation; nine days, since those of a loan application last no longer than ten. */
  askOf: (generation: keyof typeof incomeOf, redirectUrl: string, change: Record<string, unknown> = {}) => ({
    from: { person: persons.one, name: surnames.one },
    rights: [{ service: incomeOf[generation].key, metadata: incomeOf[generation].metadata }],
    validTo: new Date(Date.now() + 9 * day).toISOString(),
    redirectUrl,
    ...change,
  }),
};
