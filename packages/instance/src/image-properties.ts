import { InstanceError, type InputIssue } from './errors.ts';
import type { ImageMeta } from './image-meta.ts';
import { legacyNames, propertyReaders } from './image-property-table.ts';
import type { Instance } from './instance.ts';
import { cpuSet, integer, type PropertyReader } from './property-reader.ts';

type Readers = typeof propertyReaders;
type ValueOf<Reader> = Reader extends PropertyReader<infer Value> ? Value : never;
type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/**
 * What an image wishes for its guest: every property of Nova's `ImageMetaProps` in camelCase (`hw_disk_bus` is
 * `hwDiskBus`), with checked values. What the image does not say is missing.
 */
export type ImageProperties = {
  readonly [Name in keyof Readers as CamelCase<Name>]?: ValueOf<Readers[Name]>;
} & {
  /** MiB of each guest NUMA cell, from `hw_numa_mem.0`, `hw_numa_mem.1`, … */
  readonly hwNumaMem?: readonly number[];
  /** Guest CPUs of each guest NUMA cell, from `hw_numa_cpus.0`, … */
  readonly hwNumaCpus?: readonly (readonly number[])[];
  /** Traits that the host must have, from `trait:HW_CPU_X86_AVX2=required`. */
  readonly traitsRequired?: readonly string[];
};

/** A bus that an image property may name. */
export type ImageDiskBus = NonNullable<ImageProperties['hwDiskBus']>;

/** Nova stops looking for NUMA cells here. */
const maximumNumaCells = 128;

/**
 * Reads the properties of an image, legacy names (`architecture`, `vmware_adaptertype`, …) included; a current name wins
 * over its legacy one. Properties that Nova does not know are left out. Throws {@link InstanceError} naming every
 * property that has a value which is not allowed, where Nova raises `ValueError`.
 */
export function readImageProperties(image: Pick<ImageMeta, 'properties'>): ImageProperties {
  const issues: InputIssue[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, reader, text, place] of wishes(image.properties)) {
    const value = reader.read(text);
    if (value === undefined) {
      issues.push({ path: `properties.${place}`, message: `"${text}" is not allowed, expected ${reader.expected}` });
    } else values[camelCase(name)] = value;
  }
  const cells = {
    hwNumaMem: readCells(image.properties, 'hw_numa_mem', integer, issues),
    hwNumaCpus: readCells(image.properties, 'hw_numa_cpus', cpuSet, issues),
    traitsRequired: requiredTraits(image.properties),
  };
  if (issues.length > 0) throw new InstanceError('The image', issues);
  const lists = Object.entries(cells).filter(([, list]) => list.length > 0);
  return { ...values, ...Object.fromEntries(lists) };
}

/** The properties which the instance remembers of its image: `image_<name>` of its system metadata. */
export function stashedImageProperties(instance: Pick<Instance, 'systemMetadata'>): ImageMeta['properties'] {
  const prefix = 'image_';
  const stashed = Object.entries(instance.systemMetadata).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(stashed.map(([key, value]) => [key.slice(prefix.length), value]));
}

type Wish = readonly [name: string, reader: PropertyReader<unknown>, text: string, place: string];

/** What the image says, legacy names first, so that current ones overwrite them. */
function* wishes(properties: ImageMeta['properties']): Iterable<Wish> {
  for (const [legacy, name] of legacyNames) {
    const text = properties[legacy];
    if (text !== undefined) yield [name, propertyReaders[name], text, legacy];
  }
  yield* adapterWishes(properties.vmware_adaptertype);
  for (const [name, reader] of Object.entries(propertyReaders)) {
    const text = properties[name];
    if (text !== undefined) yield [name, reader, text, name];
  }
}

/** VMware's one word for a bus and, unless it is IDE, the model of its SCSI controller. */
function* adapterWishes(adapter: string | undefined): Iterable<Wish> {
  const place = 'vmware_adaptertype';
  if (!adapter) return;
  yield ['hw_disk_bus', propertyReaders.hw_disk_bus, adapter === 'ide' ? 'ide' : 'scsi', place];
  if (adapter !== 'ide') yield ['hw_scsi_model', propertyReaders.hw_scsi_model, adapter, place];
}

function readCells<T>(
  properties: ImageMeta['properties'],
  name: string,
  reader: PropertyReader<T>,
  issues: InputIssue[],
): readonly T[] {
  const cells: T[] = [];
  for (let cell = 0; cell < maximumNumaCells; cell++) {
    const text = properties[`${name}.${cell}`];
    if (text === undefined) break;
    const value = reader.read(text);
    if (value === undefined) {
      const message = `"${text}" is not allowed, expected ${reader.expected}`;
      issues.push({ path: `properties.${name}.${cell}`, message });
    } else cells.push(value);
  }
  return cells;
}

function requiredTraits(properties: ImageMeta['properties']): readonly string[] {
  const prefix = 'trait:';
  const required = Object.entries(properties).filter(([key, value]) => key.startsWith(prefix) && value === 'required');
  return required.map(([key]) => key.slice(prefix.length));
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
