import type { Clock, Timer } from '@spawnkit/guest-config';
import { type GuestPolicy, isX86 } from './guest-policy.ts';

/** Windows takes the hardware's clock for local time, all others for UTC. Follows Nova's `_set_clock`. */
export function guestClock(policy: GuestPolicy): Clock {
  const timers = policy.config.virtType === 'kvm' ? kvmTimers(policy) : [];
  return { offset: isWindows(policy) ? 'localtime' : 'utc', timers };
}

/** Missed ticks are made up for by the RTC alone. */
function kvmTimers(policy: GuestPolicy): readonly Timer[] {
  const timers: Timer[] = [
    { name: 'pit', tickpolicy: 'delay' },
    { name: 'rtc', tickpolicy: 'catchup' },
  ];
  if (isX86(policy)) timers.push({ name: 'hpet', present: policy.image.hwTimeHpet ?? false });
  if (isWindows(policy) && isX86(policy)) timers.push({ name: 'hypervclock', present: true });
  return timers;
}

function isWindows({ request }: GuestPolicy): boolean {
  return request.instance.osType === 'windows';
}
