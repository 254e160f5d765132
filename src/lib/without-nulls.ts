type Present<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: Exclude<T[K], null>;
};

/** A database says null where the rest of the house leaves a member out. */
export const withoutNulls = <T extends object>(row: T): Present<T> =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Present<T>;

/** The way back: members that are left out become null, for columns that are to be emptied. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null;
