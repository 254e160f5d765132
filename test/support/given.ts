/** Synthetic persons of Altinn's test environment. */
export const persons = { one: '25922947409', two: '03867199348', three: '23886799519' } as const;

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
};
