import { inspect } from 'node:util';

const MASK = '***';

/**
 * A value that must not be seen: it prints as `***` in inspection, JSON, templates and concatenation.
 * `reveal()` is the only way out; call it where the bytes are handed over (stdin, a 0600 file, the wire), never earlier.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
