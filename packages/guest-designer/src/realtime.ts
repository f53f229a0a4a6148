import { parseCpuSet } from '@spawnkit/instance';
import type { VcpuSched } from '@spawnkit/guest-config';
import type { GuestPolicy } from './guest-policy.ts';
import { flavorBoolean, invalidExtraSpec } from './wish.ts';

/** Whether the flavor wants real-time vCPUs (`hw:cpu_realtime`). */
export function wantsRealtime({ flavor }: Pick<GuestPolicy, 'flavor'>): boolean {
  return flavorBoolean(flavor.extraSpecs['hw:cpu_realtime'] ?? '');
}

/** Where the emulator's threads run (`hw:emulator_threads_policy`). Throws `INVALID_EXTRA_SPEC`. */
export function emulatorThreadsPolicy({ flavor }: Pick<GuestPolicy, 'flavor'>): 'share' | 'isolate' | undefined {
  const key = 'hw:emulator_threads_policy';
  const wish = flavor.extraSpecs[key];
  if (!wish) return undefined;
  if (wish === 'share' || wish === 'isolate') return wish;
  throw invalidExtraSpec(key, wish, 'share or isolate');
}

/**
 * The real-time vCPUs, none without `hw:cpu_realtime`. At least one vCPU is ordinary, unless the emulator's threads have a
 * place of their own. Follows Nova's `get_realtime_cpu_constraint`. Throws `INVALID_EXTRA_SPEC`.
 */
export function realtimeVcpus(policy: Pick<GuestPolicy, 'flavor' | 'image'>): readonly number[] {
  if (!wantsRealtime(policy)) return [];
  const key = 'hw:cpu_realtime_mask';
  const { vcpus, extraSpecs } = policy.flavor;
  const mask = policy.image.hwCpuRealtimeMask ?? extraSpecs[key] ?? '';
  const all = `0-${vcpus - 1}`;
  const set = parseCpuSet(mask === '' ? all : mask.trim().startsWith('^') ? `${all},${mask}` : mask);
  const ordinary = emulatorThreadsPolicy(policy) !== undefined || (set !== undefined && set.length < vcpus);
  if (set && set.length > 0 && set.every((cpu) => cpu < vcpus) && ordinary) return set;
  throw invalidExtraSpec(key, mask, `some, but not all, of the vCPUs ${all}, such as ^0`);
}

/** The scheduler of the real-time vCPUs. */
export function realtimeSchedulers({ config }: GuestPolicy, vcpus: readonly number[]): readonly VcpuSched[] {
  if (vcpus.length === 0) return [];
  return [{ scheduler: 'fifo', vcpus, priority: config.realtimeSchedulerPriority }];
}
