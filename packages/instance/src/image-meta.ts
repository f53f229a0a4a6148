import * as z from 'zod';
import { novaObject, parseInput, textMap } from './parse.ts';

/** An image as the image service describes it. */
export interface ImageMeta {
  /** Missing for an instance that boots from a volume. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** `raw`, `qcow2`, `iso`, `vmdk`, `ami`, … */
  readonly diskFormat?: string | undefined;
  readonly containerFormat?: string | undefined;
  /** MiB of memory that the image demands. */
  readonly minRam: number;
  /** GiB of root disk that the image demands. */
  readonly minDisk: number;
  /** Bytes to download. */
  readonly size?: number | undefined;
  /** Properties such as `hw_disk_bus`, as stored: text. */
  readonly properties: Readonly<Record<string, string>>;
}

export const imageMetaSchema = novaObject({
  id: z.string().optional(),
  name: z.string().optional(),
  diskFormat: z.string().optional(),
  containerFormat: z.string().optional(),
  minRam: z.coerce.number().int().nonnegative().default(0),
  minDisk: z.coerce.number().int().nonnegative().default(0),
  size: z.number().nonnegative().optional(),
  properties: textMap.default({}),
});

/** Reads an image description, under Nova's (and Glance's) field names or ours. Throws {@link InstanceError}. */
export function parseImageMeta(input: unknown): ImageMeta {
  return parseInput<ImageMeta>('The image', imageMetaSchema, input);
}
