/** At hand already, or on its way: on the hottest paths a promise for what is at hand costs more than the thing itself. */
export type Soon<T> = T | Promise<T>;

export const soon = <T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(next) : next(value);
