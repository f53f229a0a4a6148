import { machine } from 'node:os';
import { SpawnerError } from '../errors.ts';
import type { RequestSource } from '../request/request-source.ts';
import { type CatalogueImage, type Catalogue, type ChecksumFile, forArchitecture, lookUp } from './catalogue.ts';
import { checksumIn } from './checksum-file.ts';

const MAX_CHECKSUM_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** A named image at its address. */
export interface ResolvedImage extends RequestSource {
  readonly source: { readonly type: 'http'; readonly url: string };
  readonly image: CatalogueImage;
}

interface ResolveOptions {
  /** Asks nobody for the checksum. */
  readonly offline?: boolean | undefined;
  readonly arch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where the image of a name is, with the checksum that its project publishes. Throws {@link SpawnerError} `NOT_FOUND`,
 * `IMAGE_UNAVAILABLE` when the checksum cannot be had, or the signal's reason.
 */
export async function resolveImage(
  catalogue: Catalogue,
  name: string,
  { offline = false, arch = machine(), signal }: ResolveOptions = {},
): Promise<ResolvedImage> {
  const image = forArchitecture(name, lookUp(catalogue, name), arch);
  const source = { type: 'http', url: image.url } as const;
  const { checksum } = image;
  if (!checksum || offline) return { image, source };
  const hex = await publishedChecksum(name, image.url, checksum, signal);
  return { image, source, checksum: { algorithm: checksum.algorithm, hex } };
}

async function publishedChecksum(
  name: string,
  imageUrl: string,
  checksum: ChecksumFile,
  signal: AbortSignal | undefined,
): Promise<string> {
  const text = await fetchText(name, checksum.url, signal);
  const file = decodeURIComponent(new URL(imageUrl).pathname.split('/').at(-1) ?? '');
  const hex = checksumIn(text, file, checksum);
  if (hex !== undefined) return hex;
  throw unavailable(name, checksum.url, `it has no ${checksum.algorithm} of "${file}"`);
}

async function fetchText(name: string, url: string, signal: AbortSignal | undefined): Promise<string> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
    return await limitedText(response);
  } catch (cause) {
    signal?.throwIfAborted();
    throw unavailable(name, url, rootMessage(cause), cause);
  }
}

async function limitedText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_CHECKSUM_BYTES) throw new Error(`it has more than ${MAX_CHECKSUM_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Of "fetch failed", the cause says why. */
function rootMessage(error: unknown): string {
  let one = error;
  while (one instanceof Error && one.cause instanceof Error) one = one.cause;
  return one instanceof Error ? one.message : String(one);
}

function unavailable(name: string, url: string, why: string, cause?: unknown): SpawnerError {
  return new SpawnerError(
    'IMAGE_UNAVAILABLE',
    `The checksum of the image "${name}" cannot be had from ${url}: ${why}`,
    {
      cause,
      fix: 'Is there a network? An image fetched beforehand is named by its path, and its checksum by sha256.',
      context: { name, url },
    },
  );
}
