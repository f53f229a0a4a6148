import { EffectsError } from './errors.ts';
import { Secret } from './secret.ts';

/** Plain data: what a journal can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const DEEPEST = 64;

/**
 * The same value as it will be read back from a file; properties that are undefined are left out. Throws `EffectsError`
 * `INVALID_DATA`, naming the place, for anything that JSON would lose or change, and for a {@link Secret}.
 */
export function toPlainJson(what: string, value: unknown): Json {
  check(what, value, '', 0);
  return JSON.parse(JSON.stringify(value)) as Json;
}

function check(what: string, value: unknown, place: string, depth: number): void {
  const problem = depth > DEEPEST ? `nests deeper than ${DEEPEST}` : problemOf(value);
  if (problem) {
    const message = `${what} must be plain JSON without secrets, but ${place ? `"${place.slice(1)}"` : 'it'} ${problem}`;
    throw new EffectsError('INVALID_DATA', message, { place: place.slice(1) });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined || Array.isArray(value)) check(what, inner, `${place}.${key}`, depth + 1);
  }
}

function problemOf(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `is ${value}`;
  if (typeof value !== 'object') return `is of type ${typeof value}`;
  if (value instanceof Secret) return 'is a Secret; keep it elsewhere and journal where it lies';
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? undefined : 'is an instance of a class';
}
