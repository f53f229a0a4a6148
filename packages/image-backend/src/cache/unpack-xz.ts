import { rename, rm, stat } from 'node:fs/promises';
import { ImageBackendError } from '../errors.ts';
import { failure } from '../failure.ts';
import type { Received } from '../fetch/receive.ts';
import type { CacheContext } from './cache-context.ts';
import { hashFile } from './prepare-image.ts';
import type { WantedImage } from './wanted-image.ts';

const MEMORY_LIMIT = '256MiB';

/**
 * Unpacks a fetched file with xz, in place; Node.js cannot. What it unpacks to is asked first and held to the same
 * limit. Throws `ImageBackendError` `TOO_LARGE`, `NOT_AN_IMAGE`, `TOOL_MISSING`, or the signal's reason.
 */
export async function unpackXz(
  cache: CacheContext,
  { source, request }: WantedImage,
  path: string,
  received: Received,
): Promise<Received> {
  const { signal, maxBytes = cache.limits.maxBytes } = request;
  const packed = `${path}.xz`;
  await rename(path, packed);
  const run = async (args: readonly string[]) => {
    try {
      return await cache.exec('xz', [...args, packed], { signal, timeoutMs: cache.limits.convertTimeoutMs });
    } catch (cause) {
      throw xzFailure(source.name, cause, signal);
    }
  };
  const bytes = unpackedBytes((await run(['--robot', '--list'])).stdout);
  if (bytes === undefined || bytes > maxBytes) throw tooLarge(source.name, bytes, maxBytes);
  await run(['--decompress', '--quiet', `--memlimit-decompress=${MEMORY_LIMIT}`]);
  await rm(packed, { force: true });
  const { size } = await stat(path, { bigint: true });
  if (size > maxBytes) throw tooLarge(source.name, size, maxBytes);
  return { ...received, bytes: size, sha256: await hashFile(path, signal), compression: undefined };
}

/** The fifth column of the line of totals. */
function unpackedBytes(list: string): bigint | undefined {
  const totals = list.split('\n').find((line) => line.startsWith('totals\t'));
  const bytes = totals?.split('\t')[4] ?? '';
  return /^\d{1,18}$/.test(bytes) ? BigInt(bytes) : undefined;
}

function xzFailure(name: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  const error = failure(`unpack the image "${name}"`, cause, signal);
  if (!(error instanceof ImageBackendError && error.code === 'TOOL_FAILED')) return error;
  return new ImageBackendError(
    'NOT_AN_IMAGE',
    `The image "${name}" is packed with xz and cannot be unpacked: ${(cause as Error).message}. Give a complete file.`,
    { name, compression: 'xz' },
    { cause },
  );
}

function tooLarge(name: string, bytes: bigint | undefined, maxBytes: bigint): ImageBackendError {
  return new ImageBackendError(
    'TOO_LARGE',
    `The image "${name}" unpacks to ${bytes ?? 'an unknown number of'} bytes, where ${maxBytes} are allowed. Give a smaller image, or raise maxBytes.`,
    { name, bytes: `${bytes}`, maxBytes: `${maxBytes}` },
  );
}
