import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { isCatalogueName } from '../catalogue/catalogue-name.ts';
import type { SpecFile } from './read-spec.ts';
import type { SpecVolume } from './volume-schema.ts';

/** Plain JSON with sorted keys. */
export type CanonicalValue = null | boolean | number | string | readonly CanonicalValue[] | CanonicalSpec;
export interface CanonicalSpec {
  readonly [key: string]: CanonicalValue;
}

/**
 * A specification in a form that is equal for all that ask for the same: defaults filled in, sizes in bytes, sources
 * absolute, keys in order; without `$schema` and `profile`, whose values are filled in. Secrets are `***`, and so are not
 * compared.
 */
export function canonicalSpec({ spec, directory }: SpecFile): CanonicalSpec {
  const { $schema: _schema, profile: _profile, image, kernel, volumes, ...rest } = spec;
  const located = {
    ...rest,
    volumes: volumes.map((volume) => locateVolume(volume, directory)),
    ...(image && { image: { ...image, source: locate(image.source, directory) } }),
    ...(kernel && {
      kernel: {
        ...kernel,
        source: locate(kernel.source, directory),
        ...(kernel.ramdisk && { ramdisk: locate(kernel.ramdisk, directory) }),
      },
    }),
  };
  return canonical(located) as CanonicalSpec;
}

/** 64 hexadecimal digits that are equal for equal specifications. */
export function specHash(spec: CanonicalSpec): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(spec)))
    .digest('hex');
}

/** A place where two specifications differ; undefined where one has nothing. */
export interface SpecDifference {
  readonly path: string;
  readonly before: CanonicalValue | undefined;
  readonly after: CanonicalValue | undefined;
}

/** Where two specifications differ, deepest keys, in their order. */
export function specDifferences(before: CanonicalSpec, after: CanonicalSpec): readonly SpecDifference[] {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(now.get(path)))
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
}

function canonical(value: unknown): CanonicalValue {
  if (typeof value === 'bigint') return `${value}B`;
  if (value instanceof Secret) return String(value);
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value as CanonicalValue;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, canonical(one)]));
}

function leaves(value: CanonicalValue, path = ''): Map<string, CanonicalValue> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  const entries = Array.isArray(value)
    ? value.map((one: CanonicalValue, index) => [`${path}[${index}]`, one] as const)
    : Object.entries(value as CanonicalSpec).map(([key, one]) => [path ? `${path}.${key}` : key, one] as const);
  return new Map(entries.flatMap(([key, one]) => [...leaves(one, key)]));
}

function locateVolume(volume: SpecVolume, directory: string): SpecVolume {
  const { encryption } = volume;
  const keyFile = encryption?.keyFile;
  return {
    ...volume,
    ...('path' in volume && { path: resolve(directory, volume.path) }),
    ...('iscsi' in volume && { iscsi: locatePassword(volume.iscsi, directory) }),
    ...(encryption && { encryption: { ...encryption, ...(keyFile && { keyFile: resolve(directory, keyFile) }) } }),
  };
}

function locatePassword<Login extends { readonly passwordFile?: string | undefined }>(
  login: Login,
  directory: string,
): Login {
  const { passwordFile } = login;
  return passwordFile === undefined ? login : { ...login, passwordFile: resolve(directory, passwordFile) };
}

function locate(source: string, directory: string): string {
  const isAddress = /^[a-z][a-z0-9+.-]*:/i.test(source);
  return isAddress || isCatalogueName(source) ? source : resolve(directory, source);
}
