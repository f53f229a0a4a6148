/** How one attribute or text is read and printed. */
export interface Codec<T> {
  /** The value, or undefined when the text does not have the form. */
  parse(text: string): T | undefined;
  /** The canonical text, or undefined when it is not a value of this type. */
  print(value: T): string | undefined;
  /** The form in words, for messages. */
  readonly expected: string;
  /** Whether the form is a list of words, so that other text is an unknown value rather than an invalid one. */
  readonly closed?: boolean;
}

/** Any text, kept as it is. @internal */
export const str: Codec<string> = {
  parse: (text) => text,
  print: (value) => (typeof value === 'string' ? value : undefined),
  expected: 'text',
};

/** A whole number from 0 that a JavaScript number holds exactly. @internal */
export const uint: Codec<number> = {
  parse: (text) => safe(/^\s*\+?\d+\s*$/, text),
  print: (value) => (Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined),
  expected: 'a whole number from 0 to 2^53 - 1',
};

/** A whole number, negative ones too. @internal */
export const int: Codec<number> = {
  parse: (text) => safe(/^\s*[+-]?\d+\s*$/, text),
  print: (value) => (Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : undefined),
  expected: 'a whole number',
};

/** A whole number of up to 64 bits, from 0. @internal */
export const u64: Codec<bigint> = {
  parse: (text) => {
    if (!/^\s*\+?\d{1,20}\s*$/.test(text)) return undefined;
    const value = BigInt(text.trim());
    return value < 2n ** 64n ? value : undefined;
  },
  print: (value) => (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n ? String(value) : undefined),
  expected: 'a whole number of 64 bits (bigint)',
};

/** A number with a fraction. @internal */
export const decimal: Codec<number> = {
  parse: (text) => (/^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined),
  print: (value) => (Number.isFinite(value) && !/e/.test(String(value)) ? String(value) : undefined),
  expected: 'a number',
};

/**
 * A number that libvirt prints as `0x` and at least `width` hexadecimal digits; it also reads decimal and octal ones.
 *
 * @internal
 */
export function hex(width: number): Codec<number> {
  return {
    parse: (text) => {
      // What libvirt prints, and most that is read; the rest takes an arbitrary number of digits.
      if (/^0x[0-9a-f]{1,8}$/.test(text)) return Number(text);
      const value = parseAnyBase(text);
      return value !== undefined && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
    },
    print: (value) =>
      Number.isSafeInteger(value) && value >= 0 ? `0x${value.toString(16).padStart(width, '0')}` : undefined,
    expected: 'a number such as 0x1f',
  };
}

/** Like `hex`, for what libvirt takes for hexadecimal without `0x` as well. @internal */
export function base16(width: number): Codec<number> {
  return {
    ...hex(width),
    parse: (text) => {
      const value = parseBase16(text);
      return value !== undefined && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
    },
  };
}

/** Like `base16`, for 64 bits. @internal */
export function base16u64(width: number): Codec<bigint> {
  return {
    parse: parseBase16,
    print: (value) =>
      typeof value === 'bigint' && value >= 0n && value < 2n ** 64n
        ? `0x${value.toString(16).padStart(width, '0')}`
        : undefined,
    expected: 'a number of 64 bits such as 0x1f (bigint)',
  };
}

/** A number of another codec up to `max`. @internal */
export function atMost(max: number, codec: Codec<number>): Codec<number> {
  const within = (value: number | undefined) => (value !== undefined && value <= max ? value : undefined);
  return {
    parse: (text) => within(codec.parse(text)),
    print: (value) => (within(value) === undefined ? undefined : codec.print(value)),
    expected: `${codec.expected}, at most ${max}`,
  };
}

/** Text of a form, which `expected` puts into words. @internal */
export function matching(form: RegExp, expected: string): Codec<string> {
  return {
    parse: (text) => (form.test(text) ? text : undefined),
    print: (value) => (typeof value === 'string' && form.test(value) ? value : undefined),
    expected,
  };
}

/** `yes` and `no` as booleans. @internal */
export const yesNo: Codec<boolean> = bool('yes', 'no');
/** `true` and `false` as booleans; `yes`, `no`, `1` and `0` are read as well. @internal */
export const trueFalse: Codec<boolean> = {
  ...bool('true', 'false'),
  parse: (text) => (/^(true|yes|1)$/.test(text) ? true : /^(false|no|0)$/.test(text) ? false : undefined),
};
/** `on` and `off` as booleans. @internal */
export const onOff: Codec<boolean> = bool('on', 'off');

/** One of a list of words that is complete. @internal */
export function oneOf<const Word extends string>(...words: readonly Word[]): Codec<Word> {
  const known = new Map(words.map((word) => [word as string, word]));
  return {
    parse: (text) => known.get(text) ?? known.get(text.trim()),
    print: (value) => known.get(value),
    expected: words.join(', '),
    closed: true,
  };
}

/** A word of a list that grows with libvirt: the known ones are suggested, others are accepted. @internal */
export function openOneOf<const Word extends string>(...words: readonly Word[]): Codec<Word | (string & {})> {
  return { ...str, expected: `${words.join(', ')} or another word` };
}

/** A UUID, with or without dashes; printed in lower case with dashes. @internal */
export const uuid: Codec<string> = {
  parse: (text) => {
    const digits = text.trim().replaceAll('-', '').toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  },
  print: (value) => (typeof value === 'string' ? uuid.parse(value) : undefined),
  expected: 'a UUID',
};

/** A MAC address, in lower case. @internal */
export const mac: Codec<string> = {
  parse: (text) => (/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text.trim()) ? text.trim().toLowerCase() : undefined),
  print: (value) => (typeof value === 'string' ? mac.parse(value) : undefined),
  expected: 'a MAC address such as 52:54:00:12:34:56',
};

function bool(yes: string, no: string): Codec<boolean> {
  const words: ReadonlyMap<unknown, string> = new Map([
    [true, yes],
    [false, no],
  ]);
  return {
    parse: (text) => (text === yes ? true : text === no ? false : undefined),
    print: (value) => words.get(value),
    expected: `${yes}, ${no}`,
    closed: true,
  };
}

function safe(form: RegExp, text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** C's `strtoull` with base 0, which libvirt reads such numbers by. */
function parseAnyBase(text: string): bigint | undefined {
  const word = text.trim();
  if (!/^(0x[0-9a-f]{1,16}|0[0-7]{0,21}|[1-9]\d{0,19})$/i.test(word)) return undefined;
  const value = BigInt(/^0[0-7]/.test(word) ? `0o${word.slice(1)}` : word);
  return value < 2n ** 64n ? value : undefined;
}

function parseBase16(text: string): bigint | undefined {
  const [, digits] = /^\s*(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(text) ?? [];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}
