import type { Checksum } from '../checksum.ts';
import type { Attempt } from './http-request.ts';
import { unreadable } from './http-request.ts';

/** What the image service says of an image, as far as a disk is concerned. */
export interface GlanceImage {
  readonly id: string;
  readonly name: string | undefined;
  readonly diskFormat: string | undefined;
  readonly containerFormat: string | undefined;
  /** Of the file; undefined where the service does not know. */
  readonly sizeBytes: bigint | undefined;
  /** The strongest that it tells. */
  readonly checksum: Checksum | undefined;
  /** Where its stores keep it, when the service says so: for `ImageBackend.clone`. */
  readonly locations: readonly string[];
  /** Everything else it says, as it says it: `hw_disk_bus`, `os_type`, … */
  readonly properties: Readonly<Record<string, unknown>>;
}

const ALGORITHMS = { sha512: 128, sha256: 64 } as const;

/** Understands `GET /v2/images/ID`. Throws `ImageBackendError` `SOURCE_UNREADABLE` for an image that is not ready. */
export function parseGlanceImage(attempt: Attempt, text: string): GlanceImage {
  const value = parse(attempt, text);
  const { id, status, size } = value;
  if (typeof id !== 'string') throw unreadable(attempt, 'the answer is no image');
  if (status !== 'active') throw unreadable(attempt, `the image is ${String(status)} and not active`);
  const known = Number.isSafeInteger(size) && Number(size) >= 0;
  return {
    id,
    name: textOf(value['name']),
    diskFormat: textOf(value['disk_format']),
    containerFormat: textOf(value['container_format']),
    sizeBytes: known ? BigInt(Number(size)) : undefined,
    checksum: checksumOf(value),
    locations: locationsOf(value),
    properties: value,
  };
}

type Answer = Readonly<Record<string, unknown>>;

function parse(attempt: Attempt, text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Answer;
  } catch {
    // Said below.
  }
  throw unreadable(attempt, 'the answer of the image service is no JSON object');
}

function checksumOf({ os_hash_algo: algorithm, os_hash_value: hash, checksum }: Answer): Checksum | undefined {
  for (const name of Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[]) {
    if (algorithm === name && isHex(hash, ALGORITHMS[name])) return { algorithm: name, hex: hash.toLowerCase() };
  }
  return isHex(checksum, 32) ? { algorithm: 'md5', hex: checksum.toLowerCase() } : undefined;
}

function locationsOf({ locations, direct_url: direct }: Answer): readonly string[] {
  const told = Array.isArray(locations) ? locations.map((one: { url?: unknown } | null) => one?.url) : [];
  return [...new Set([...told, direct])].filter((url) => typeof url === 'string');
}

function isHex(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
