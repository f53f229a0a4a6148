import { DomainRuntimeError, type DomainWatch, type Expectation, type ExpectedEvent } from '@spawnkit/domain-runtime';
import type { Host } from '../host.ts';

/**
 * Arms the wait for what other services will say about an instance. Undefined where nothing is to be waited for, or nobody
 * takes events any more and that is not fatal. Throws `DomainRuntimeError` `EVENTS_CLOSED`.
 */
export function expectEvents(host: Host, uuid: string, events: readonly ExpectedEvent[]): Expectation | undefined {
  if (events.length === 0) return undefined;
  try {
    return host.events.expect(uuid, events);
  } catch (error) {
    tolerate(host, error);
    return undefined;
  }
}

/**
 * Waits for the events; when their absence is not fatal, warnings are all that comes of it (Nova's
 * vif_plugging_is_fatal).
 */
export async function awaitEvents(
  host: Host,
  expected: Expectation,
  { watch, signal }: { readonly watch: DomainWatch; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { vifPluggingTimeoutS, vifPluggingIsFatal } = host.settings;
  const timeoutMs = vifPluggingTimeoutS * 1000;
  const onFailed = vifPluggingIsFatal ? undefined : (error: DomainRuntimeError) => tolerate(host, error);
  try {
    // A guest that has ended has nothing to wait for.
    await watch.whileAlive((alive) => expected.wait({ timeoutMs, onFailed, signal: alive }), { signal });
  } catch (error) {
    tolerate(host, error);
  }
}

/** Makes a warning of what keeps an event from coming, where that is not fatal; throws everything else. */
function tolerate({ settings, onProgress }: Host, error: unknown): void {
  const aboutEvents: readonly string[] = ['EVENT_TIMEOUT', 'EVENT_FAILED', 'EVENTS_CLOSED'];
  const tolerable = error instanceof DomainRuntimeError && aboutEvents.includes(error.code);
  if (settings.vifPluggingIsFatal || !tolerable) throw error;
  onProgress({ type: 'warning', message: error.message });
}
