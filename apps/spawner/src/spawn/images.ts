import {
  type BaseImage,
  type CloneOrCreateRequest,
  type ImageKind,
  type ImageSource,
  inspectImage,
  type PullRequest,
  readGlanceImage,
} from '@spawnkit/image-backend';
import { imageServiceToken } from '../request/image-service-token.ts';
import type { OnProgress } from '../progress.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';
import type { Storage } from './storage.ts';
import type { CephClient } from './storage-settings.ts';

/** The images of a request, in the cache. */
export interface RequestImages {
  readonly image?: BaseImage | undefined;
  /** Instead of `image`, where the storage of the disks may have it itself: it comes here only if it has not. */
  readonly clonable?: ClonableImage | undefined;
  readonly kernel?: BaseImage | undefined;
  readonly ramdisk?: BaseImage | undefined;
}

/** How a disk of an image is made by the storage that has both, and how the image comes here where that cannot be. */
export type ClonableImage = Pick<CloneOrCreateRequest, 'locations' | 'imageFormat' | 'imageBytes' | 'pull'>;

interface PullOptions {
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches what is not in the cache yet. Throws what `ImageCache.pull` and `readGlanceImage` throw. */
export async function pullImages(
  { cache, disks, ceph }: Pick<Storage, 'cache' | 'disks' | 'ceph'>,
  { image, imageMeta, kernel }: SpawnRequest,
  options: PullOptions,
): Promise<RequestImages> {
  const pull = async (kind: ImageKind, wanted: RequestSource | undefined) =>
    wanted && (await cache.pull(pullRequest(kind, wanted, { ...options, ceph })));
  const wanted = image && pullRequest('disk', image, { ...options, ceph, declaredFormat: imageMeta.diskFormat });
  const clonable = image && disks.capabilities.clonesImages ? await clonableImage(image, options) : undefined;
  return {
    ...(clonable && wanted ? { clonable: { ...clonable, pull: wanted } } : {}),
    image: clonable ? undefined : wanted && (await cache.pull(wanted)),
    kernel: await pull('kernel', kernel?.kernel),
    ramdisk: await pull('ramdisk', kernel?.ramdisk),
  };
}

/** What the storage needs to know to look for the image itself; undefined where it cannot have it. */
async function clonableImage(
  { source }: RequestSource,
  { signal }: PullOptions,
): Promise<Omit<ClonableImage, 'pull'> | undefined> {
  if (source.type === 'rbd') return { locations: [source.location], imageFormat: 'raw' };
  if (source.type !== 'glance') return undefined;
  const known = await readGlanceImage({ ...source, token: imageServiceToken() }, { signal });
  const { locations, diskFormat = '', sizeBytes: imageBytes } = known;
  return { locations, imageFormat: diskFormat, ...(imageBytes === undefined ? {} : { imageBytes }) };
}

interface PullRequestOptions extends PullOptions {
  readonly ceph: CephClient;
  readonly declaredFormat?: string | undefined;
}

function pullRequest(kind: ImageKind, wanted: RequestSource, options: PullRequestOptions): PullRequest {
  const { ceph, declaredFormat, onProgress, signal } = options;
  const source = shownSource(wanted);
  return {
    kind,
    source: imageSource(wanted, ceph),
    ...(declaredFormat === undefined ? {} : { declaredFormat }),
    onProgress: ({ bytes, total }) =>
      onProgress({ type: 'download', source, bytes, ...(total === undefined ? {} : { total }) }),
    signal,
  };
}

/** The source as the image cache takes it. */
export function imageSource({ source, checksum }: RequestSource, ceph: CephClient): ImageSource {
  const checked = checksum === undefined ? {} : { checksum };
  if (source.type === 'catalogue') throw new Error(`the image "${source.name}" has not been looked up`);
  if (source.type === 'rbd') return { ...source, ...ceph, ...checked };
  if (source.type !== 'glance') return { ...source, ...checked };
  return { ...source, ...checked, token: imageServiceToken() };
}

/**
 * What is known of a request's image before it is fetched: what the cache has, or what a file's own bytes say. Writes
 * nothing, and asks nobody on the network.
 */
export async function peekImage(
  { cache, ceph }: Pick<Storage, 'cache' | 'ceph'>,
  wanted: RequestSource,
  declaredFormat: string | undefined,
  signal: AbortSignal | undefined,
): Promise<(Partial<BaseImage> & Pick<BaseImage, 'format'>) | undefined> {
  const source = imageSource(wanted, ceph);
  const cached = await cache.peek({ kind: 'disk', source, signal });
  if (cached) return cached;
  const declared = declaredFormat === 'raw' || declaredFormat === 'iso' || source.type === 'rbd' ? 'raw' : 'qcow2';
  if (source.type !== 'file') return { format: declared };
  const inspection = await inspectImage(source.path, { signal });
  const format = inspection.format === 'qcow2' ? 'qcow2' : 'raw';
  return { format, inspection, virtualSize: inspection.virtualSize };
}

/**
 * A source as it may be shown: without what follows the path of an address, which may be a signature that opens it to
 * anybody.
 */
export function shownSource({ source }: RequestSource): string {
  if (source.type === 'file') return source.path;
  if (source.type === 'catalogue') return source.name;
  if (source.type === 'rbd') return source.location;
  if (source.type === 'glance') return `${source.endpoint}/${source.imageId}`;
  const { origin, pathname } = new URL(source.url);
  return `${origin}${pathname}`;
}
