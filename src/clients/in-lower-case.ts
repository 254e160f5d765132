/** An object with its names in lower case: the casing of Altinn's answers has changed before. Anything else as it is. */
export const inLowerCase = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]))
    : value;
