import { type Logger, silentLogger } from '@spawnkit/effects';
import type { DiskSource } from './disk-source.ts';
import { ImageBackendError } from './errors.ts';
import type { CloneDiskRequest, ImageBackend } from './image-backend.ts';
import type { ImageCache, PullRequest } from './image-cache.ts';

export interface CloneOrCreateRequest extends CloneDiskRequest {
  /** How the image comes here where it cannot be cloned. */
  readonly pull: PullRequest;
  /** Never lets it come here (Nova's never_download_image_if_on_rbd). Default false. */
  readonly neverDownload?: boolean;
  readonly growFileSystem?: boolean;
}

/**
 * A disk of an image: cloned where its storage can do that by itself, else by way of the image cache, and the reason is
 * logged. Throws what `clone`, `pull` and `create` throw; with `neverDownload` also `NOT_CLONABLE`.
 */
export async function cloneOrCreate<Source extends DiskSource>(
  { backend, cache, log = silentLogger }: { backend: ImageBackend<Source>; cache: ImageCache; log?: Logger },
  request: CloneOrCreateRequest,
): Promise<Source> {
  const { disk, sizeBytes, pull, neverDownload = false, growFileSystem = false, signal } = request;
  if (backend.capabilities.clonesImages) {
    try {
      return await backend.clone(request);
    } catch (error) {
      if (!(error instanceof ImageBackendError && error.code === 'NOT_CLONABLE') || neverDownload) throw error;
      log.info('image is not cloned', { disk: `${disk.instanceId} ${disk.name}`, reason: error.context['reason'] });
    }
  }
  const base = await cache.pull({ ...pull, signal });
  return backend.create({ disk, base, sizeBytes, growFileSystem, signal });
}
