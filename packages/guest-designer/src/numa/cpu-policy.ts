import { parseCpuSet } from '@spawnkit/instance';
import { DesignerError } from '../errors.ts';
import { emulatorThreadsPolicy, realtimeVcpus } from '../realtime.ts';
import { invalidExtraSpec } from '../wish.ts';
import {
  type CpuPolicy,
  type CpuThreadPolicy,
  cpuPolicies,
  cpuThreadPolicies,
  type NumaPolicy,
} from './topology-wish.ts';

/** How the vCPUs of an instance want to be placed. */
export interface CpuWishes {
  readonly policy: CpuPolicy | undefined;
  readonly threadPolicy: CpuThreadPolicy | undefined;
  readonly emulatorThreads: 'share' | 'isolate' | undefined;
  /** vCPUs that want a host CPU each. */
  readonly dedicated: readonly number[];
}

/**
 * What flavor and image say about the placement of vCPUs (`hw:cpu_policy`, `hw:cpu_thread_policy`, `hw:cpu_dedicated_mask`,
 * `hw:cpu_realtime`, `hw:emulator_threads_policy`, `resources:PCPU`, `trait:HW_CPU_HYPERTHREADING`). Follows the first half
 * of Nova's `numa_get_constraints`. Throws `FLAVOR_IMAGE_CONFLICT`, `INVALID_EXTRA_SPEC`, `CPU_POLICY_CONFLICT`.
 */
export function cpuWishes(numa: NumaPolicy): CpuWishes {
  const emulatorThreads = emulatorThreadsPolicy(numa);
  const policy = effectivePolicy(numa, emulatorThreads);
  const threadPolicy = effectiveThreadPolicy(numa);
  const [realtime, mask] = [realtimeVcpus(numa), dedicatedMask(numa)];
  const clash = contradiction({ policy, threadPolicy, emulatorThreads }, mask.length > 0, realtime.length > 0);
  if (clash !== undefined) throw conflict(clash);
  const all = Array.from({ length: numa.flavor.vcpus }, (_, vcpu) => vcpu);
  const some = policy === 'mixed' ? [...mask, ...realtime] : [];
  return { policy, threadPolicy, emulatorThreads, dedicated: policy === 'dedicated' ? all : some };
}

function contradiction(
  { policy, threadPolicy, emulatorThreads }: Omit<CpuWishes, 'dedicated'>,
  hasMask: boolean,
  hasRealtime: boolean,
): string | undefined {
  if (hasMask && policy !== 'mixed') return 'hw:cpu_dedicated_mask needs the CPU policy mixed';
  if (policy === 'mixed') return hasMask === hasRealtime ? 'the CPU policy mixed needs one mask of vCPUs' : undefined;
  if (policy === 'dedicated') return undefined;
  if (threadPolicy) return 'a policy for thread siblings needs dedicated vCPUs';
  if (emulatorThreads === 'isolate') return 'emulator threads on a CPU of their own need dedicated vCPUs';
  return hasRealtime ? 'real-time vCPUs must be dedicated' : undefined;
}

/** The image may ask for more than the flavor says only where the flavor says nothing, or dedicates all. */
function effectivePolicy(numa: NumaPolicy, emulatorThreads: CpuWishes['emulatorThreads']): CpuPolicy | undefined {
  const ofFlavor = oneOf(numa, 'hw:cpu_policy', cpuPolicies);
  const ofImage = numa.image.hwCpuPolicy;
  const clash =
    (ofFlavor === 'mixed' && ofImage === 'dedicated') ||
    (ofFlavor === 'shared' && (ofImage === 'dedicated' || ofImage === 'mixed'));
  if (clash) throw disagree('hw:cpu_policy', ofFlavor, ofImage);
  const named = ofFlavor ?? ofImage;
  return resourcePolicy(numa, named, emulatorThreads) ?? named;
}

/** `resources:PCPU` and `resources:VCPU` say the same as a CPU policy, in the words of Placement. */
function resourcePolicy(
  { flavor }: NumaPolicy,
  named: CpuPolicy | undefined,
  emulatorThreads: CpuWishes['emulatorThreads'],
): CpuPolicy | undefined {
  const vcpus = resourceCount(flavor.extraSpecs, 'VCPU');
  const pcpus = resourceCount(flavor.extraSpecs, 'PCPU');
  if (named && (vcpus || pcpus)) throw conflict('resources:VCPU and resources:PCPU cannot stand beside a CPU policy');
  if (vcpus && pcpus) throw conflict('resources:VCPU and resources:PCPU exclude each other');
  if (vcpus) return 'shared';
  if (!pcpus) return undefined;
  const needed = flavor.vcpus + (emulatorThreads === 'isolate' ? 1 : 0);
  if (pcpus === needed) return 'dedicated';
  throw conflict(`resources:PCPU must be ${needed} for this flavor, and is ${pcpus}`);
}

function resourceCount(extraSpecs: Readonly<Record<string, string>>, resource: string): number {
  const key = new RegExp(`^resources(?:[1-9][0-9]*)?:${resource}`);
  const texts = Object.entries(extraSpecs).flatMap(([name, text]) => (key.test(name) ? [text] : []));
  return texts.reduce((sum, text) => sum + (/^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : 0), 0);
}

/** The image decides where the flavor says nothing or only prefers. */
function effectiveThreadPolicy(numa: NumaPolicy): CpuThreadPolicy | undefined {
  const key = 'hw:cpu_thread_policy';
  const ofFlavor = oneOf(numa, key, cpuThreadPolicies);
  const ofImage = numa.image.hwCpuThreadPolicy;
  const isOpen = ofFlavor === undefined || ofFlavor === 'prefer';
  if (!isOpen && ofImage && ofImage !== ofFlavor) throw disagree(key, ofFlavor, ofImage);
  const named = isOpen ? (ofFlavor ?? ofImage) : ofFlavor;
  const trait = hyperthreadingTrait(numa);
  if (named && trait) throw conflict('trait:HW_CPU_HYPERTHREADING and a policy for thread siblings exclude each other');
  if (trait === 'forbidden') return 'isolate';
  return trait === 'required' ? 'require' : named;
}

function hyperthreadingTrait({ flavor, image }: NumaPolicy): string | undefined {
  const trait = 'HW_CPU_HYPERTHREADING';
  const entry = Object.entries(flavor.extraSpecs).find(([key]) =>
    new RegExp(`^trait(?:[1-9][0-9]*)?:${trait}`).test(key),
  );
  return entry?.[1] ?? (image.traitsRequired?.includes(trait) ? 'required' : undefined);
}

/** vCPUs of `hw:cpu_dedicated_mask`: some, but not all. */
function dedicatedMask({ flavor }: NumaPolicy): readonly number[] {
  const key = 'hw:cpu_dedicated_mask';
  const mask = flavor.extraSpecs[key];
  if (!mask) return [];
  const set = parseCpuSet(mask.trim().startsWith('^') ? `0-${flavor.vcpus - 1},${mask}` : mask);
  if (set && set.length > 0 && set.length < flavor.vcpus && set.every((cpu) => cpu < flavor.vcpus)) return set;
  throw invalidExtraSpec(key, mask, `some, but not all, of the vCPUs 0-${flavor.vcpus - 1}, such as ^0`);
}

function oneOf<const Name extends string>(
  { flavor }: NumaPolicy,
  key: string,
  names: readonly Name[],
): Name | undefined {
  const wish = flavor.extraSpecs[key];
  if (!wish) return undefined;
  const name = names.find((one) => one === wish);
  if (name) return name;
  throw invalidExtraSpec(key, wish, names.join(', '));
}

function disagree(key: string, ofFlavor: string | undefined, ofImage: string | undefined): DesignerError {
  const message = `The flavor's extra spec ${key} says "${ofFlavor}", which does not allow what the image says: "${ofImage}".`;
  const fix = 'Remove the property from the image, or take another flavor.';
  return new DesignerError('FLAVOR_IMAGE_CONFLICT', message, {
    context: { key, flavor: ofFlavor, image: ofImage },
    fix,
  });
}

function conflict(why: string): DesignerError {
  const message = `The wishes of flavor and image about CPUs contradict each other: ${why}.`;
  const fix =
    'Change the hw:cpu_*, resources: and trait: extra specs of the flavor, or the hw_cpu_* properties of the image.';
  return new DesignerError('CPU_POLICY_CONFLICT', message, { context: { why }, fix });
}
