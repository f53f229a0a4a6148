/** Plain data of a recording. */
export type Json = Readonly<Record<string, unknown>>;

/** One recorded guest: what Nova was asked, on which host and with which configuration, and what it answered. */
export interface GuestXmlCase {
  readonly id: string;
  readonly host: string;
  readonly config: Json;
  readonly input: Json;
  readonly expect: Json;
}

/** An object's own entries; empty for what is no object. */
export function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((one) => typeof one === 'string');
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** One of some words; undefined for null. Throws for another word, which means that the recording knows more than the runner. */
export function wordOf<const Word extends string>(value: unknown, ...words: readonly Word[]): Word | undefined {
  if (value === null || value === undefined) return undefined;
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw new TypeError(`The recording has ${JSON.stringify(value)} where the runner knows ${words.join(', ')}.`);
}
