import {
  type BaseImage,
  type ImageCache,
  type ImageKind,
  type ImageSource,
  inspectImage,
} from '@spawnkit/image-backend';
import { imageServiceToken } from '../request/image-service-token.ts';
import type { OnProgress } from '../progress.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';

/** The images of a request, in the cache. */
export interface RequestImages {
  readonly image?: BaseImage | undefined;
  readonly kernel?: BaseImage | undefined;
  readonly ramdisk?: BaseImage | undefined;
}

interface PullOptions {
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches what is not in the cache yet. Throws what `ImageCache.pull` throws. */
export async function pullImages(
  cache: ImageCache,
  { image, imageMeta, kernel }: SpawnRequest,
  options: PullOptions,
): Promise<RequestImages> {
  const pull = async (kind: ImageKind, wanted: RequestSource | undefined, declaredFormat?: string) =>
    wanted &&
    (await cache.pull({
      kind,
      source: imageSource(wanted),
      ...(declaredFormat === undefined ? {} : { declaredFormat }),
      onProgress: ({ bytes, total }) =>
        options.onProgress({
          type: 'download',
          source: shownSource(wanted),
          bytes,
          ...(total === undefined ? {} : { total }),
        }),
      signal: options.signal,
    }));
  return {
    image: await pull('disk', image, imageMeta.diskFormat),
    kernel: await pull('kernel', kernel?.kernel),
    ramdisk: await pull('ramdisk', kernel?.ramdisk),
  };
}

/** The source as the image cache takes it. */
export function imageSource({ source, checksum }: RequestSource): ImageSource {
  const checked = checksum === undefined ? {} : { checksum };
  if (source.type === 'catalogue') throw new Error(`the image "${source.name}" has not been looked up`);
  if (source.type !== 'glance') return { ...source, ...checked };
  return { ...source, ...checked, token: imageServiceToken() };
}

/**
 * What is known of a request's image before it is fetched: what the cache has, or what a file's own bytes say. Writes
 * nothing, and asks nobody on the network.
 */
export async function peekImage(
  cache: ImageCache,
  wanted: RequestSource,
  declaredFormat: string | undefined,
  signal: AbortSignal | undefined,
): Promise<(Partial<BaseImage> & Pick<BaseImage, 'format'>) | undefined> {
  const source = imageSource(wanted);
  const cached = await cache.peek({ kind: 'disk', source, signal });
  if (cached) return cached;
  const declared = declaredFormat === 'raw' || declaredFormat === 'iso' ? 'raw' : 'qcow2';
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
  if (source.type === 'glance') return `${source.endpoint}/${source.imageId}`;
  const { origin, pathname } = new URL(source.url);
  return `${origin}${pathname}`;
}
