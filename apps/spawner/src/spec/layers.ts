import { type Document, isMap, isNode } from 'yaml';
import { SpawnerError } from '../errors.ts';
import type { CanonicalSpec, CanonicalValue } from './canonical-spec.ts';

/** Part of a specification, as it stands in a file. */
export type SpecPart = Readonly<Record<string, unknown>>;

/** What the configuration of the host says for all specifications, and for those that name a profile. */
export interface SpecDefaults {
  readonly defaults?: SpecPart | undefined;
  readonly profiles?: Readonly<Record<string, SpecPart>> | undefined;
}

/** A value that replaces the one a specification has at that place, as options of the command line do. */
export interface SpecOverride {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Where each value of a specification comes from. */
export interface SpecOrigin {
  /** Such as `flavor.memory` or `networks[0].bridge`. */
  readonly path: string;
  readonly value: CanonicalValue;
  /** `option`, `specification`, `profile "small"`, `configuration`, `built-in`. */
  readonly from: string;
}

/** By a path's keys, as JSON. */
export type OriginMap = ReadonlyMap<string, string>;

/**
 * Puts options in their places of a specification, then fills in what it leaves open: from the profile that it names,
 * then from the host's defaults. Lists are taken whole. Throws {@link SpawnerError} `USAGE` for a profile that nobody
 * defined.
 */
export function applyLayers(
  document: Document,
  overrides: readonly SpecOverride[],
  { defaults = {}, profiles = {} }: SpecDefaults,
): OriginMap {
  const origins = new Map<string, string>();
  for (const { path, value } of overrides) {
    document.setIn(path, document.createNode(value));
    origins.set(JSON.stringify(path), 'option');
  }
  const profile = document.get('profile');
  if (typeof profile === 'string') fillIn(document, profileOf(profile, profiles), `profile "${profile}"`, origins);
  fillIn(document, defaults, 'configuration', origins);
  return origins;
}

/** Where the values of a specification come from that {@link applyLayers} has prepared. */
export function originsOf(document: Document, spec: CanonicalSpec, origins: OriginMap): readonly SpecOrigin[] {
  return leaves(spec).map(({ keys, value }) => ({
    path: pathText(keys),
    value,
    from: originOf(document, keys, origins),
  }));
}

function originOf(document: Document, keys: readonly (string | number)[], origins: OriginMap): string {
  for (let length = keys.length; length > 0; length--) {
    const from = origins.get(JSON.stringify(keys.slice(0, length)));
    if (from !== undefined) return from;
  }
  return isGiven(document, keys) ? 'specification' : 'built-in';
}

/** Whether the value, or something that is short for it, stands in the document. */
function isGiven(document: Document, keys: readonly (string | number)[]): boolean {
  for (let length = 1; length <= keys.length; length++) {
    const node = document.getIn(keys.slice(0, length), true);
    if (node === undefined) return false;
    if (length === keys.length || (isNode(node) && !isMap(node))) return true;
  }
  return true;
}

function fillIn(document: Document, part: SpecPart, from: string, origins: Map<string, string>): void {
  if (!isMap(document.contents)) document.contents = document.createNode({}) as typeof document.contents;
  for (const { keys, value } of partLeaves(part)) {
    if (isTaken(document, keys)) continue;
    document.setIn(keys, document.createNode(value));
    origins.set(JSON.stringify(keys), from);
  }
}

/** Whether a value stands at that place, or in its way. */
function isTaken(document: Document, keys: readonly string[]): boolean {
  for (let length = 1; length <= keys.length; length++) {
    const node = document.getIn(keys.slice(0, length), true);
    if (node === undefined) return false;
    if (!isMap(node)) return true;
  }
  return true;
}

function profileOf(name: string, profiles: Readonly<Record<string, SpecPart>>): SpecPart {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile) return profile;
  const known = Object.keys(profiles);
  throw new SpawnerError('USAGE', `There is no profile "${name}" in the configuration`, {
    fix:
      known.length > 0
        ? `Known are ${known.join(', ')}.`
        : 'Profiles stand under `profiles` in the configuration file.',
    context: { name, known },
  });
}

function partLeaves(part: SpecPart, above: readonly string[] = []): { keys: readonly string[]; value: unknown }[] {
  return Object.entries(part).flatMap(([key, value]) => {
    const keys = [...above, key];
    return isPart(value) ? partLeaves(value, keys) : [{ keys, value }];
  });
}

function isPart(value: unknown): value is SpecPart {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function leaves(
  value: CanonicalValue,
  keys: readonly (string | number)[] = [],
): { keys: readonly (string | number)[]; value: CanonicalValue }[] {
  if (typeof value !== 'object' || value === null) return [{ keys, value }];
  const entries: [string | number, CanonicalValue][] = Array.isArray(value)
    ? value.map((one: CanonicalValue, index) => [index, one])
    : Object.entries(value as CanonicalSpec);
  return entries.flatMap(([key, one]) => leaves(one, [...keys, key]));
}

function pathText(keys: readonly (string | number)[]): string {
  return keys.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`)).join('');
}
