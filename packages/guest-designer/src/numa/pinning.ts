import { freeCpus, type HostCell } from './host-cell.ts';
import type { CpuThreadPolicy } from './topology-wish.ts';

/** Host CPUs for the dedicated vCPUs of one guest cell. */
export interface Pinning {
  /** Pairs of vCPU and host CPU. */
  readonly pins: readonly (readonly [vcpu: number, cpu: number])[];
  /** Host CPUs for the emulator's threads. */
  readonly reserved: readonly number[];
}

/** What is to be pinned. */
export interface PinningWish {
  readonly vcpus: readonly number[];
  readonly threadPolicy: CpuThreadPolicy | undefined;
  /** Number of host CPUs for the emulator's threads. */
  readonly reserve: number;
}

/** Free threads of one core. */
type Core = readonly number[];

/**
 * Gives each vCPU a free host CPU of the cell. Thread siblings stay together and emptier cores come first; `isolate` takes
 * one thread of cores that are wholly free, `require` takes cores with two free threads at least. Undefined when the cell
 * has no such CPUs. Follows Nova's `_pack_instance_onto_cores`.
 */
export function pinVcpus(cell: HostCell, wish: PinningWish): Pinning | undefined {
  const free = freeCpus(cell);
  const cores = cell.siblings.map((core) => core.filter((cpu) => free.includes(cpu)));
  if (wish.threadPolicy === 'isolate') return isolated(cell, cores, wish);
  return (
    together(cores, threadsOf(cell), wish) ?? (wish.threadPolicy === 'require' ? undefined : anywhere(cores, wish))
  );
}

/**
 * Without thread siblings, nothing needs to be kept free. With them, the claim keeps the siblings free, which only a host
 * without separate sets of CPUs accounts for.
 */
function isolated(cell: HostCell, cores: readonly Core[], wish: PinningWish): Pinning | undefined {
  const threads = threadsOf(cell);
  const whole = cores.filter((core) => core.length >= threads);
  if (threads > 1 && !sameCpus(cell.sharedCpus, cell.dedicatedCpus)) return undefined;
  const pins = pinsOnto(whole, 1, wish.vcpus);
  const taken = pins?.map(([, cpu]) => cpu) ?? [];
  // The emulator is isolated as well. Nova may put it beside another instance, and fails later, when it claims the core.
  const others = cores.filter(
    (core, index) => core.length === cell.siblings[index]?.length && !core.some((cpu) => taken.includes(cpu)),
  );
  return pins && withReserved(pins, others, wish.reserve);
}

/** As many threads of each core as possible; with the policy `require` at least two, unless there is nothing to pin. */
function together(cores: readonly Core[], threads: number, { vcpus, threadPolicy, reserve }: PinningWish) {
  const fewest = threadPolicy === 'require' ? 2 : 1;
  for (let perCore = threads; perCore >= fewest; perCore--) {
    const pins = pinsOnto(
      cores.filter((core) => core.length >= perCore),
      perCore,
      vcpus,
    );
    const pinning = pins && withReserved(pins, cores, reserve);
    if (pinning) return pinning;
  }
  return undefined;
}

/** Each thread by itself. */
function anywhere(cores: readonly Core[], { vcpus, reserve }: PinningWish): Pinning | undefined {
  const single = cores.flat().map((cpu) => [cpu]);
  const pins = pinsOnto(single, 1, vcpus);
  return pins && withReserved(pins, single, reserve);
}

function pinsOnto(cores: readonly Core[], perCore: number, vcpus: readonly number[]): Pinning['pins'] | undefined {
  const cpus = cores.flatMap((core) => core.slice(0, perCore));
  const pins = vcpus.flatMap((vcpu, index) => {
    const cpu = cpus[index];
    return cpu === undefined ? [] : [[vcpu, cpu] as const];
  });
  return pins.length === vcpus.length ? pins : undefined;
}

function withReserved(pins: Pinning['pins'], cores: readonly Core[], count: number): Pinning | undefined {
  const taken = pins.map(([, cpu]) => cpu);
  const left = cores.flat().filter((cpu) => !taken.includes(cpu));
  return left.length < count ? undefined : { pins, reserved: left.slice(0, count) };
}

/** Threads of a core. */
function threadsOf({ siblings }: HostCell): number {
  return Math.max(1, ...siblings.map((core) => core.length));
}

function sameCpus(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((cpu) => other.includes(cpu));
}
