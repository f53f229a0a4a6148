import type { Flavor, ImageProperties } from '@spawnkit/instance';

/** What decides about a NUMA topology: part of a {@link GuestPolicy}, or just these two. */
export interface NumaPolicy {
  readonly flavor: Flavor;
  readonly image: ImageProperties;
}

/** The virtual NUMA cells that an instance wants, before it is known on which host they lie. */
export interface WishedNumaTopology {
  /** `isolate`: a host CPU of their own for the emulator's threads; `share`: the host's shared CPUs. */
  readonly emulatorThreadsPolicy?: 'share' | 'isolate' | undefined;
  readonly cells: readonly WishedNumaCell[];
}

/** One virtual NUMA cell. */
export interface WishedNumaCell {
  /** Guest CPUs that float over shared CPUs. */
  readonly cpuset: readonly number[];
  /** Guest CPUs that want a host CPU each. */
  readonly pcpuset: readonly number[];
  readonly memoryMiB: number;
  readonly pageSize?: PageSizeWish | undefined;
  readonly cpuPolicy?: CpuPolicy | undefined;
  readonly cpuThreadPolicy?: CpuThreadPolicy | undefined;
}

/** The host's smallest pages, any but the smallest, the largest that fit, or a size in KiB. Missing: pages do not matter. */
export type PageSizeWish = 'small' | 'large' | 'any' | number;

/** `dedicated`: each vCPU has a host CPU of its own; `mixed`: some have. */
export const cpuPolicies = ['shared', 'dedicated', 'mixed'] as const;
export type CpuPolicy = (typeof cpuPolicies)[number];

/** Thread siblings: taken together if possible, kept free of others, or insisted upon. */
export const cpuThreadPolicies = ['prefer', 'isolate', 'require'] as const;
export type CpuThreadPolicy = (typeof cpuThreadPolicies)[number];
