/**
 * Runs with a signal that aborts with a `TimeoutError` after so long, or when it is told to stop. The timer ends with the run,
 * where that of `AbortSignal.timeout` stays until it fires: a great many of them are a load of their own.
 */
export const within = async <T>(
  ms: number,
  stop: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController();
  const onStop = () => limit.abort(stop?.reason);
  if (stop?.aborted) onStop();
  stop?.addEventListener('abort', onStop, { once: true });
  const timer = setTimeout(() => limit.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')), ms);
  try {
    return await run(limit.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', onStop);
  }
};
