import * as z from 'zod';
import { novaObject } from './parse.ts';

/** One virtual NUMA cell, and the host cell it was placed on. */
export interface InstanceNumaCell {
  /** Host cell. */
  readonly id: number;
  /** Guest CPUs that float over the shared CPUs of the host cell. */
  readonly cpuset: readonly number[];
  /** Guest CPUs that are pinned. */
  readonly pcpuset: readonly number[];
  /** MiB. */
  readonly memory: number;
  /** KiB; missing means the host's ordinary pages. */
  readonly pagesize?: number | undefined;
  readonly cpuPolicy?: string | undefined;
  readonly cpuThreadPolicy?: string | undefined;
  /** Guest CPU → host CPU. */
  readonly cpuPinning?: Readonly<Record<string, number>> | undefined;
  /** Host CPUs kept for the emulator's threads. */
  readonly cpusetReserved?: readonly number[] | undefined;
}

/** What the resource claim decided for an instance. */
export interface InstanceNumaTopology {
  readonly emulatorThreadsPolicy?: string | undefined;
  readonly cells: readonly InstanceNumaCell[];
}

const cpu = z.number().int().nonnegative();
const cpus = z.array(cpu);

export const numaTopologySchema = novaObject({
  emulatorThreadsPolicy: z.string().optional(),
  cells: z.array(
    novaObject({
      id: cpu,
      cpuset: cpus.default([]),
      pcpuset: cpus.default([]),
      memory: z.number().int().nonnegative(),
      pagesize: z.number().int().positive().optional(),
      cpuPolicy: z.string().optional(),
      cpuThreadPolicy: z.string().optional(),
      cpuPinning: z.record(z.string(), cpu).optional(),
      cpusetReserved: cpus.optional(),
    }),
  ),
});
