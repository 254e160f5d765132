const instants = /(?:At|Until|Since|^since)$/;

/** A row that PostgreSQL wrote as JSON (`to_jsonb`), as Prisma would have read it: names, instants and bytes. */
export const rowOfJson = <R>(json: Record<string, unknown>): R =>
  Object.fromEntries(
    Object.entries(json).map(([column, value]) => {
      const name = column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (typeof value !== 'string') return [name, value];
      if (instants.test(name)) return [name, new Date(value)];
      return [name, name.endsWith('Sealed') ? Buffer.from(value.slice(2), 'hex') : value];
    }),
  ) as R;
