/** An error as it is told: whose fault by which name and where, and what it says of itself. */
export type PlainError = {
  type: string;
  message?: string;
  stack?: string;
  code?: string | number;
  constraint?: string;
  table?: string;
  cause?: PlainError;
  errors?: PlainError[];
};

const deepest = 5;
const mostBeside = 5;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Errors carry what they were busy with: a Redis error its command with the password, a database error the row. So only
 * what is named here is told, also of their causes; what a library adds tomorrow is not.
 */
export const plainError = (error: unknown, depth = 0): PlainError | undefined => {
  if (error === undefined || error === null) return undefined;
  if (typeof error !== 'object') return { type: typeof error, message: String(error) };
  const { name, message, stack, code, constraint, table, cause, errors } = error as Record<string, unknown>;
  const further = depth < deepest ? plainError(cause, depth + 1) : undefined;
  const beside =
    depth < deepest && Array.isArray(errors)
      ? errors.slice(0, mostBeside).map((one) => plainError(one, depth + 1) ?? { type: 'undefined' })
      : undefined;
  return {
    type: textOf(name) ?? 'object',
    ...(textOf(message) === undefined ? {} : { message: String(message) }),
    ...(textOf(stack) === undefined ? {} : { stack: String(stack) }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(textOf(constraint) === undefined ? {} : { constraint: String(constraint) }),
    ...(textOf(table) === undefined ? {} : { table: String(table) }),
    ...(further === undefined ? {} : { cause: further }),
    ...(beside === undefined ? {} : { errors: beside }),
  };
};
