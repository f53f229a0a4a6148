import { ConfigDriveError } from './errors.ts';

/** A JSON value; a whole number that a `number` would round is a `bigint`. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON text as Python's `json.dumps` writes it, which is what guests get from Nova: a space after `,` and `:`, and ASCII
 * only, everything else as `\uXXXX`.
 */
export function jsonText(value: Json): string {
  if (isList(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${scalarText(key)}: ${jsonText(item)}`)
      .join(', ')}}`;
  }
  return scalarText(value);
}

/** Reads JSON without rounding whole numbers. Throws SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? '';
    return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  }) as Json;
}

/** Levels of lists and objects that a document may have. */
const maxDepth = 100;

/**
 * Checks that a value is JSON: finite numbers, plain objects and lists, at most 100 levels. Values that callers put together
 * by hand, or that a file holds, are no better than their types say. Throws INVALID_METADATA with the place.
 */
export function checkJson(value: unknown, what: string, depth = 0): asserts value is Json {
  if (value === null || ['boolean', 'string', 'bigint'].includes(typeof value) || Number.isFinite(value)) return;
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) throw notJson(what, typeof value);
  if (depth >= maxDepth) throw notJson(what, `nested deeper than ${maxDepth} levels`);
  for (const [key, item] of Object.entries(value as object)) checkJson(item, `${what}.${key}`, depth + 1);
}

function notJson(what: string, kind: string): ConfigDriveError {
  const place = what.length > 200 ? `${what.slice(0, 200)}…` : what;
  return new ConfigDriveError(
    'INVALID_METADATA',
    `Cannot write "${place}" as JSON: it is ${kind}. Allowed are strings, finite numbers, true, false, null, lists and plain objects.`,
    { what: place },
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function scalarText(value: null | boolean | number | bigint | string): string {
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
