import { join } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import type { Fetchable } from '../fetch/fetchable.ts';
import { fileSource } from '../fetch/file-source.ts';
import { glanceSource } from '../fetch/glance-source.ts';
import { rbdSource } from '../fetch/rbd-source.ts';
import { httpSource } from '../fetch/http-source.ts';
import type { PullRequest } from '../image-cache.ts';
import type { CacheContext } from './cache-context.ts';
import { baseName } from './cache-paths.ts';

/** A request to the cache, resolved: where its base is or will be. */
export interface WantedImage {
  readonly request: PullRequest;
  readonly source: Fetchable;
  readonly imageId: string;
  readonly name: string;
  readonly path: string;
}

const MAX_ID_LENGTH = 8192;

/**
 * Throws `ImageBackendError` `INVALID_REQUEST`, and `SOURCE_UNREADABLE` for a file that must be looked at to be named.
 */
export async function wantedImage(cache: CacheContext, request: PullRequest): Promise<WantedImage> {
  const source: Fetchable = fetchable(cache, request, () => `${path}.exported`);
  const { checksum } = source;
  const named = checksum && request.source.type !== 'glance' ? `${checksum.algorithm}:${checksum.hex}` : undefined;
  const imageId = request.imageId ?? named ?? (await source.contentId());
  if (imageId === '' || imageId.length > MAX_ID_LENGTH) {
    throw new ImageBackendError(
      'INVALID_REQUEST',
      `The image id has ${imageId.length} characters; it must have 1 to ${MAX_ID_LENGTH}`,
      { length: imageId.length },
    );
  }
  const name = baseName(imageId);
  const path = join(cache.directory, name);
  return { request, source, imageId, name, path };
}

function fetchable(
  { exec, clock, limits }: CacheContext,
  { source, maxBytes = limits.maxBytes }: PullRequest,
  scratchPath: () => string,
): Fetchable {
  if (source.type === 'file') return fileSource(source);
  if (source.type === 'rbd') return rbdSource(source, { exec, maxBytes, scratchPath });
  const options = { clock, idleTimeoutMs: limits.idleTimeoutMs };
  return source.type === 'glance' ? glanceSource(source, options) : httpSource(source, options);
}
