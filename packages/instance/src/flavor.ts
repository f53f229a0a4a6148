import * as z from 'zod';
import { novaObject, parseInput, textMap } from './parse.ts';

/** The size of an instance, and wishes about its hardware. */
export interface Flavor {
  readonly name: string;
  readonly flavorid?: string | undefined;
  readonly vcpus: number;
  /** MiB. */
  readonly memoryMb: number;
  /** GiB of the root disk; 0 takes the size of the image. */
  readonly rootGb: number;
  /** GiB of the flavor's ephemeral disk; 0 means none. */
  readonly ephemeralGb: number;
  /** MiB of swap; 0 means none. */
  readonly swap: number;
  /** Extra specs such as `hw:cpu_policy`, with the text values Nova stores. */
  readonly extraSpecs: Readonly<Record<string, string>>;
}

const count = z.number().int().nonnegative();

export const flavorSchema = novaObject({
  name: z.string().min(1),
  flavorid: z.string().optional(),
  vcpus: count.min(1),
  memoryMb: count.min(1),
  rootGb: count.default(0),
  ephemeralGb: count.default(0),
  swap: count.default(0),
  extraSpecs: textMap.default({}),
});

/** Reads a flavor, under Nova's field names or ours. Throws {@link InstanceError}. */
export function parseFlavor(input: unknown): Flavor {
  return parseInput<Flavor>('The flavor', flavorSchema, input);
}
