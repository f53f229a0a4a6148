import type { Cputune } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { flavorInteger } from './wish.ts';

/** Shares, period and quota of the flavor (`quota:cpu_shares`, …). Throws `CPU_CONTROL_UNAVAILABLE`, `INVALID_EXTRA_SPEC`. */
export function cpuQuotas(policy: GuestPolicy): Pick<Cputune, 'shares' | 'period' | 'quota'> | undefined {
  const wishes = ['shares', 'period', 'quota'].filter((name) => `quota:cpu_${name}` in policy.flavor.extraSpecs);
  if (wishes.length === 0) return undefined;
  const limit = (name: string) => flavorInteger(policy, `quota:cpu_${name}`);
  if (policy.host.cpuController) return { shares: limit('shares'), period: limit('period'), quota: limit('quota') };
  const message = 'The flavor sets CPU shares, period or quota, and the kernel of the host has no CPU controller.';
  const fix = 'Mount the cpu controller of cgroups, or remove quota:cpu_* from the flavor.';
  throw new DesignerError('CPU_CONTROL_UNAVAILABLE', message, { context: { wishes }, fix });
}
