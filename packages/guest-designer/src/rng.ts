import type { Rng } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';
import { flavorBoolean, flavorCount } from './wish.ts';

/** The random number generator. Follows Nova's `_add_rng_device`. Throws `RNG_DEVICE_MISSING`, `INVALID_EXTRA_SPEC`. */
export function guestRngs(policy: GuestPolicy): readonly Rng[] {
  const allowed = flavorBoolean(policy.flavor.extraSpecs['hw_rng:allowed'] ?? 'True');
  if (!isQemu(policy) || !allowed) return [];
  const rate = rngRate(policy);
  const { rngDevPath: path } = policy.config;
  if (policy.host.rngDevPathExists === false) {
    const message = `The host has no source of randomness "${path}".`;
    throw new DesignerError('RNG_DEVICE_MISSING', message, {
      context: { path },
      fix: 'Set rngDevPath to /dev/urandom.',
    });
  }
  return [{ model: 'virtio', rate, backend: { model: 'random', path } }];
}

/** Bytes per milliseconds; without both there is no limit. */
function rngRate(policy: GuestPolicy): Rng['rate'] {
  const bytes = flavorCount(policy, 'hw_rng:rate_bytes');
  if (!bytes) return undefined;
  const period = flavorCount(policy, 'hw_rng:rate_period');
  return period ? { bytes, period } : undefined;
}
