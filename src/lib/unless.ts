/** Rejects when told to stop, though what is waited for goes on for others. */
export const unless = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const stop = Promise.withResolvers<never>();
  const onAbort = () => stop.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([stop.promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};
