/**
 * A table's columns by name, each called as in Prisma's schema, for statements of our own. Never `*`: a plan that is kept
 * outlives a column that a later version adds.
 */
export const columnsOf = (fields: Record<string, string>): string =>
  Object.values(fields)
    .map((name) => `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} as "${name}"`)
    .join(', ');
