import type { MemBalloon } from '@spawnkit/guest-config';
import { type GuestPolicy, isQemu } from './guest-policy.ts';

/** The balloon that reports the guest's use of memory; undefined when nobody asks for statistics, as in Nova. */
export function guestMemballoon(policy: GuestPolicy): MemBalloon | undefined {
  const period = policy.config.memStatsPeriodSeconds;
  return isQemu(policy) && period > 0 ? { model: 'virtio', stats: { period } } : undefined;
}
