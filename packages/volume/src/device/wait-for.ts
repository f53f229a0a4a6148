import type { DeviceHost } from './device-host.ts';

/** Looks for something once a second, as often as the host allows; undefined when it did not come. */
export async function waitFor<T>(
  { clock, scanAttempts }: Pick<DeviceHost, 'clock' | 'scanAttempts'>,
  look: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined || attempt >= scanAttempts) return found;
    await clock.sleep(1000, { signal });
  }
}
