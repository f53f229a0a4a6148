import type { Perf } from '@spawnkit/guest-config';
import type { GuestPolicy } from './guest-policy.ts';

/** Counters of Intel's cache monitoring, which Linux dropped. */
const dropped: readonly string[] = ['cmt', 'mbml', 'mbmt'];

/** The performance counters of the configuration; those that Linux dropped are left out, as in Nova. */
export function guestPerf({ config }: GuestPolicy): Perf | undefined {
  const names = config.enabledPerfEvents.filter((name) => !dropped.includes(name));
  return names.length > 0 ? { events: names.map((name) => ({ name, enabled: true })) } : undefined;
}
