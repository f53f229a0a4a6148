import * as z from 'zod';
import { type Flavor, flavorSchema } from './flavor.ts';
import { type InstanceNumaTopology, numaTopologySchema } from './numa-topology.ts';
import { novaObject, parseInput, textMap, uuid } from './parse.ts';

/** A PCI device claimed for the instance. */
export interface PciDevice {
  /** `0000:0b:00.0`. */
  readonly address: string;
  readonly requestId?: string | undefined;
}

/** What asked for PCI devices; one with an alias came from the flavor. */
export interface PciRequest {
  readonly requestId?: string | undefined;
  readonly aliasName?: string | undefined;
  readonly requesterId?: string | undefined;
}

/** The record someone asked for. */
export interface Instance {
  /** Small number; Nova names the domain `instance-%08x` after it. */
  readonly id: number;
  readonly uuid: string;
  readonly displayName?: string | undefined;
  readonly hostname?: string | undefined;
  readonly projectId?: string | undefined;
  readonly userId?: string | undefined;
  /** Empty for an instance that boots from a volume. */
  readonly imageRef: string;
  readonly kernelId: string;
  readonly ramdiskId: string;
  readonly osType?: string | undefined;
  readonly vmMode?: string | undefined;
  readonly architecture?: string | undefined;
  /** MiB. */
  readonly memoryMb: number;
  readonly vcpus: number;
  /** GiB. */
  readonly rootGb: number;
  /** GiB. */
  readonly ephemeralGb: number;
  /** Text as Nova stores it: not empty means that a config drive was asked for. */
  readonly configDrive: string;
  /** ISO 8601 time of the first launch. */
  readonly launchedAt?: string | undefined;
  readonly rootDeviceName?: string | undefined;
  /** Image properties stashed at boot as `image_<name>`, owner names, … */
  readonly systemMetadata: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly flavor: Flavor;
  readonly numaTopology?: InstanceNumaTopology | undefined;
  readonly pciDevices: readonly PciDevice[];
  readonly pciRequests: readonly PciRequest[];
}

const text = z.string().default('');
const size = z.number().int().nonnegative();

export const instanceSchema = novaObject({
  id: z.number().int().nonnegative(),
  uuid,
  displayName: z.string().optional(),
  hostname: z.string().optional(),
  projectId: z.string().optional(),
  userId: z.string().optional(),
  imageRef: text,
  kernelId: text,
  ramdiskId: text,
  osType: z.string().optional(),
  vmMode: z.string().optional(),
  architecture: z.string().optional(),
  memoryMb: size,
  vcpus: size,
  rootGb: size.default(0),
  ephemeralGb: size.default(0),
  configDrive: text,
  launchedAt: z.string().optional(),
  rootDeviceName: z.string().optional(),
  systemMetadata: textMap.default({}),
  metadata: textMap.default({}),
  flavor: flavorSchema,
  numaTopology: numaTopologySchema.optional(),
  pciDevices: z.array(novaObject({ address: z.string(), requestId: z.string().optional() })).default([]),
  pciRequests: z
    .array(
      novaObject({
        requestId: z.string().optional(),
        aliasName: z.string().optional(),
        requesterId: z.string().optional(),
      }),
    )
    .default([]),
});

/** Reads an instance record, under Nova's field names or ours. Throws {@link InstanceError}. */
export function parseInstance(input: unknown): Instance {
  return parseInput<Instance>('The instance', instanceSchema, input);
}
