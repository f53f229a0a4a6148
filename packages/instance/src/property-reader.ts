import { parseCpuSet } from './cpu-set.ts';

/** Turns the text of one property into its value; undefined when the text is not allowed, which `expected` then explains. */
export interface PropertyReader<T> {
  readonly expected: string;
  read(text: string): T | undefined;
}

/** Any text. */
export const text: PropertyReader<string> = { expected: 'text', read: (value) => value };

/** A whole number, with the white space and sign that Python's `int()` takes. */
export const integer: PropertyReader<number> = {
  expected: 'a whole number',
  read(value) {
    const number = /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Number.NaN;
    return Number.isSafeInteger(number) ? number : undefined;
  },
};

/** `1`, `t`, `true`, `on`, `y`, `yes` in any case; everything else is false, as Nova reads it. */
export const flexibleBoolean: PropertyReader<boolean> = {
  expected: 'true or false',
  read: (value) => ['1', 't', 'true', 'on', 'y', 'yes'].includes(value.trim().toLowerCase()),
};

/** A set of CPU numbers such as `0-3,^2`, in ascending order. */
export const cpuSet: PropertyReader<readonly number[]> = {
  expected: 'CPU numbers and ranges such as 0-3,^2,6',
  read: parseCpuSet,
};

/** Comparisons of versions, such as `>=2.6, !=3.0`. */
export const versionPredicate: PropertyReader<string> = {
  expected: 'comparisons of versions such as ">=2.6, <4"',
  read: (value) =>
    value.split(',').every((one) => /^\s*(?:<=|>=|<|>|!=|==)\s*[^\s]+\s*$/.test(one)) ? value : undefined,
};

/** One of some names, matched exactly, or after lower-casing and renaming when `names` says so. */
export function oneOf<const Name extends string>(
  allowed: readonly Name[],
  names: { readonly anyCase?: boolean; readonly synonyms?: Readonly<Record<string, Name>> } = {},
): PropertyReader<Name> {
  return {
    expected: `one of ${allowed.map((name) => `"${name}"`).join(', ')}`,
    read(value) {
      const name = names.anyCase ? value.toLowerCase() : value;
      const synonyms = names.synonyms ?? {};
      return Object.hasOwn(synonyms, name) ? synonyms[name] : allowed.find((one) => one === name);
    },
  };
}
