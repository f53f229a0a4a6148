/** The outcome of whoever ends first, or the signal's reason; the signal that the others were given aborts then. */
export async function race<T>(
  signal: AbortSignal | undefined,
  runners: readonly ((stop: AbortSignal) => Promise<T>)[],
): Promise<T> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted.promise, ...runners.map((run) => run(stop))]);
  } finally {
    signal?.removeEventListener('abort', abort);
    over.abort();
  }
}
