/** Plain data of a recording. */
export type Json = Readonly<Record<string, unknown>>;

/** One recorded call. */
export interface BlockinfoCase {
  readonly id: string;
  readonly function: string;
  readonly config: Json;
  readonly host_arch: string;
  readonly input: Json;
  readonly expect: Json;
}

/** Arguments of a recorded call, each checked when it is read. */
export interface Arguments {
  readonly text: (name: string) => string | undefined;
  readonly number: (name: string) => number | undefined;
  readonly texts: (name: string) => readonly string[] | undefined;
  readonly record: (name: string) => Json;
  readonly raw: (name: string) => unknown;
}

/** Reads arguments by name; null counts as missing. */
export function argumentsOf(input: Json): Arguments {
  return {
    text: (name) => optional(input, name, (value) => typeof value === 'string'),
    number: (name) => optional(input, name, (value) => typeof value === 'number'),
    texts: (name) => optional(input, name, isTexts),
    record: (name) => recordOf(input[name]),
    raw: (name) => input[name] ?? undefined,
  };
}

/** An object's own entries; empty for what is no object. */
export function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function optional<T>(input: Json, name: string, is: (value: unknown) => value is T): T | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || is(value)) return value;
  throw new TypeError(`The recorded argument "${name}" has an unexpected value: ${JSON.stringify(value)}`);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
