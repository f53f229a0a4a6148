import type { Watchdog } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';

const actions = ['none', 'pause', 'poweroff', 'reset'] as const;

/** What happens when the guest hangs: the image's wish before the flavor's. Throws `WATCHDOG_ACTION_INVALID`. */
export function guestWatchdogs({ flavor, image }: GuestPolicy): readonly Watchdog[] {
  const wish = image.hwWatchdogAction ?? (flavor.extraSpecs['hw:watchdog_action'] || 'disabled');
  if (wish === 'disabled') return [];
  const action = actions.find((one) => one === wish);
  if (action) return [{ model: 'i6300esb', action }];
  throw new DesignerError('WATCHDOG_ACTION_INVALID', `No watchdog knows the action "${wish}".`, {
    context: { action: wish },
    fix: `Choose hw:watchdog_action among ${actions.join(', ')}, disabled.`,
  });
}
