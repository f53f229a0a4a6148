import type { Cputune } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { flavorInteger, invalidExtraSpec } from './wish.ts';

/** Shares, period and quota of the flavor (`quota:cpu_shares`, …). Throws `CPU_CONTROL_UNAVAILABLE`, `INVALID_EXTRA_SPEC`. */
export function cpuQuotas(policy: GuestPolicy): Pick<Cputune, 'shares' | 'period' | 'quota'> | undefined {
  const wishes = ['shares', 'period', 'quota'].filter((name) => `quota:cpu_${name}` in policy.flavor.extraSpecs);
  if (wishes.length === 0) return undefined;
  if (policy.host.cpuController) {
    const [shares, period, quota] = [limit(policy, 'shares'), limit(policy, 'period'), limit(policy, 'quota')];
    return (shares ?? period ?? quota) === undefined ? undefined : { shares, period, quota };
  }
  const message = 'The flavor sets CPU shares, period or quota, and the kernel of the host has no CPU controller.';
  const fix = 'Mount the cpu controller of cgroups, or remove quota:cpu_* from the flavor.';
  throw new DesignerError('CPU_CONTROL_UNAVAILABLE', message, { context: { wishes }, fix });
}

/** What libvirt takes: a share of the CPU's time, microseconds, microseconds of each period. */
const ranges = { shares: [0, 4_294_967_295], period: [1000, 1_000_000], quota: [1000, 17_592_186_044_415] } as const;

/** A quota of -1 or 0 is none; a period of 0, which libvirt refuses, sets nothing. */
function limit(policy: GuestPolicy, name: keyof typeof ranges): number | undefined {
  const key = `quota:cpu_${name}`;
  const value = flavorInteger(policy, key);
  if (value === undefined || (name === 'period' && value === 0)) return undefined;
  const [lowest, highest] = ranges[name];
  if ((value >= lowest && value <= highest) || (name === 'quota' && (value === 0 || value === -1))) return value;
  throw invalidExtraSpec(key, String(value), `a whole number from ${lowest} to ${highest}`);
}
