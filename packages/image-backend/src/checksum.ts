import { ImageBackendError } from './errors.ts';

/** What the bytes of an image must hash to. */
export interface Checksum {
  /** MD5 tells accidents and no attacks; old image services know nothing better. */
  readonly algorithm: 'sha256' | 'sha512' | 'md5';
  /** Lower or upper case. */
  readonly hex: string;
}

const HEX_DIGITS = { sha256: 64, sha512: 128, md5: 32 } as const;

/** The same checksum in lower case. Throws `INVALID_REQUEST` when it cannot be one of its algorithm. */
export function checkChecksum({ algorithm, hex }: Checksum): Checksum {
  const digits = Object.hasOwn(HEX_DIGITS, algorithm) ? HEX_DIGITS[algorithm] : undefined;
  if (digits === undefined) {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `The checksum algorithm "${algorithm}" is not known; use sha256, sha512 or md5`,
      { algorithm },
    );
  }
  if (hex.length === digits && /^[0-9a-f]+$/i.test(hex)) return { algorithm, hex: hex.toLowerCase() };
  throw new ImageBackendError(
    'INVALID_REQUEST',
    `"${hex}" is not a ${algorithm} checksum: it must have ${digits} hexadecimal digits, and has ${hex.length} characters`,
    { algorithm, hex },
  );
}
