import { createHash } from 'node:crypto';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digestBytes = 64;
const rounds = 5000;
const saltCharacters = 16;

/**
 * The `$6$` form of crypt(5): SHA-512 in 5000 rounds, after Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512".
 * `random` gives the salt; all else is pure.
 */
export function sha512Crypt(password: string, random: (bytes: number) => Uint8Array): string {
  const salt = [...random(saltCharacters)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return sha512CryptWithSalt(password, salt);
}

/** The same with a known salt of at most 16 characters. */
export function sha512CryptWithSalt(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8');
  const seasoning = Buffer.from(salt, 'latin1');
  const start = firstDigest(key, seasoning);
  const keyBytes = repeated(digest(...Array.from({ length: key.length }, () => key)), key.length);
  const saltRepeats = 16 + (start[0] ?? 0);
  const saltBytes = repeated(digest(...Array.from({ length: saltRepeats }, () => seasoning)), seasoning.length);
  let last = start;
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    last = digest(
      odd ? keyBytes : last,
      ...(round % 3 === 0 ? [] : [saltBytes]),
      ...(round % 7 === 0 ? [] : [keyBytes]),
      odd ? last : keyBytes,
    );
  }
  return `$6$${salt}$${encoded(last)}`;
}

function firstDigest(key: Buffer, salt: Buffer): Buffer {
  const inner = digest(key, salt, key);
  const bits: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) bits.push(length & 1 ? inner : key);
  return digest(key, salt, repeated(inner, key.length), ...bits);
}

function digest(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `length` bytes of a digest written again and again. */
function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Three bytes become four characters, lowest bits first; which three follows a rotation of the columns 0, 21 and 42. */
function encoded(bytes: Buffer): string {
  let text = '';
  let columns: readonly [number, number, number] = [0, 21, 42];
  for (let group = 0; group < 21; group++) {
    const [high, middle, low] = columns;
    text += characters(((at(high) << 16) | (at(middle) << 8) | at(low)) >>> 0, 4);
    columns = [middle + 1, low + 1, high + 1];
  }
  return text + characters(at(digestBytes - 1), 2);

  function at(index: number): number {
    return bytes[index] ?? 0;
  }
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => alphabet[(value >> (6 * index)) & 63]).join('');
}
