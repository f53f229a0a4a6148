import type { CpuTopology } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { flavorCount } from './wish.ts';

/** Counts of sockets, cores and threads; 0 in a wish means none. */
type Counts = Pick<CpuTopology, 'sockets' | 'cores' | 'threads'>;

const parts = ['sockets', 'cores', 'threads'] as const;

/** Nova's "no limit". */
const unlimited = 65_536;

/**
 * The topology of the vCPUs that comes nearest to what image and flavor prefer (`hw:cpu_sockets`, …) within their limits
 * (`hw:cpu_max_sockets`, …); sockets rather than cores, cores rather than threads. Follows Nova's `get_best_cpu_topology`.
 * Throws `CPU_TOPOLOGY_IMPOSSIBLE`, `INVALID_EXTRA_SPEC`.
 */
export function cpuTopology(policy: GuestPolicy): CpuTopology {
  const limits = topologyLimits(policy);
  const preferred = preferredTopology(policy, limits);
  const possible = possibleTopologies(policy.flavor.vcpus, limits);
  const score = (one: Counts) => parts.filter((part) => preferred[part] > 0 && preferred[part] === one[part]).length;
  const [best] = possible.toSorted((a, b) => score(b) - score(a));
  if (best) return best;
  const { sockets, cores, threads } = limits;
  throw impossible(
    `${policy.flavor.vcpus} vCPUs cannot be made of at most ${sockets} sockets, ${cores} cores and ${threads} threads.`,
    { vcpus: policy.flavor.vcpus, limits },
  );
}

function topologyLimits(policy: GuestPolicy): Counts {
  const { image } = policy;
  const ofFlavor = flavorCounts(policy, 'hw:cpu_max_');
  const ofImage = counts(image.hwCpuMaxSockets, image.hwCpuMaxCores, image.hwCpuMaxThreads);
  if (parts.some((part) => ofFlavor[part] > 0 && ofImage[part] > ofFlavor[part])) {
    throw impossible('The image allows a larger CPU topology than the flavor.', { flavor: ofFlavor, image: ofImage });
  }
  const limit = (part: keyof Counts) => ofImage[part] || ofFlavor[part] || unlimited;
  return counts(limit('sockets'), limit('cores'), limit('threads'));
}

/** One word of the image sets all of the flavor's aside; and so do limits which these exceed. */
function preferredTopology(policy: GuestPolicy, limits: Counts): Counts {
  const { image } = policy;
  const ofFlavor = flavorCounts(policy, 'hw:cpu_');
  const ofImage = counts(image.hwCpuSockets, image.hwCpuCores, image.hwCpuThreads);
  if (exceeds(ofImage, limits)) {
    throw impossible('The CPU topology of the image exceeds the limits of flavor and image.', {
      image: ofImage,
      limits,
    });
  }
  if (parts.some((part) => ofImage[part] !== 0)) return ofImage;
  return exceeds(ofFlavor, limits) ? counts() : ofFlavor;
}

/** Every topology of so many vCPUs, with the fewest threads first, then with the most sockets. */
function possibleTopologies(vcpus: number, limits: Counts): readonly Counts[] {
  const divisors = divisorsOf(vcpus);
  const all = divisors.flatMap((sockets) =>
    divisors
      .filter((cores) => vcpus % (sockets * cores) === 0)
      .map((cores) => counts(sockets, cores, vcpus / (sockets * cores))),
  );
  const allowed = all.filter((one) => !exceeds(one, limits));
  return allowed.toSorted((a, b) => a.threads - b.threads || b.sockets - a.sockets);
}

function divisorsOf(count: number): readonly number[] {
  const divisors = new Set<number>();
  for (let one = 1; one * one <= count; one++) {
    if (count % one === 0) divisors.add(one).add(count / one);
  }
  return [...divisors];
}

function flavorCounts(policy: GuestPolicy, prefix: string): Counts {
  const count = (part: keyof Counts) => flavorCount(policy, `${prefix}${part}`);
  return counts(count('sockets'), count('cores'), count('threads'));
}

function counts(sockets = 0, cores = 0, threads = 0): Counts {
  return { sockets, cores, threads };
}

function exceeds(one: Counts, limits: Counts): boolean {
  return parts.some((part) => one[part] > limits[part]);
}

function impossible(message: string, context: Readonly<Record<string, unknown>>): DesignerError {
  const fix = 'Change the hw:cpu_* extra specs of the flavor or the hw_cpu_* properties of the image.';
  return new DesignerError('CPU_TOPOLOGY_IMPOSSIBLE', message, { context, fix });
}
