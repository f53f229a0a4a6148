import * as z from 'zod';
import { InstanceError } from './errors.ts';

/**
 * An object read under Nova's field names (`memory_mb`) or ours (`memoryMb`). Null counts as missing, as everywhere in
 * Nova's JSON. Fields that we do not know are left out: Nova's records carry many which no spawn needs.
 */
export function novaObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(camelCaseKeys, z.object(shape));
}

/** Free-form text values: image properties, extra specs, metadata. Numbers and booleans become the text that Nova stores. */
export const textMap = z.record(
  z.string(),
  z.union([z.string(), z.number().transform(String), z.boolean().transform(pythonBoolean)]),
);

/** A map whose values only their consumer understands. */
export const openMap = z.record(z.string(), z.unknown());

export const uuid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'expected a UUID such as 01234567-89ab-cdef-0123-456789abcdef',
  );

/** Runs a schema; every problem is reported at once, with its place. */
export function parseInput<T>(what: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new InstanceError(what, issues);
}

function camelCaseKeys(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const entries = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [camelCase(key), value]));
}

function camelCase(key: string): string {
  return key.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pythonBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}
