import { rm } from 'node:fs/promises';
import { ImageBackendError } from '../errors.ts';
import type { RbdSource } from '../image-source.ts';
import { checkChecksum } from '../checksum.ts';
import { ENOENT, rbd } from '../rbd/rbd-command.ts';
import { rbdImageBytes } from '../rbd/rbd-image.ts';
import { parseRbdLocation } from '../rbd/rbd-location.ts';
import { rbdSnapshotSpec, type RbdSnapshot } from '../rbd/rbd-name.ts';
import { checkRbdClient, type RbdClient } from '../rbd/rbd-options.ts';
import type { Fetchable } from './fetchable.ts';
import { fileSource } from './file-source.ts';

export interface RbdFetchOptions {
  readonly exec: RbdClient['exec'];
  /** Larger ones are refused before their bytes come. */
  readonly maxBytes: bigint;
  /** Where the bytes are exported to; the file has no name any more when it is read. */
  readonly scratchPath: () => string;
}

/** An image of a Ceph cluster, by its snapshot. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function rbdSource(source: RbdSource, { exec, maxBytes, scratchPath }: RbdFetchOptions): Fetchable {
  const { location, checksum, rbdUser, imagesRbdCephConf } = source;
  const client = { exec, rbdUser, imagesRbdCephConf };
  checkRbdClient(client);
  const snapshot = snapshotAt(location);
  return {
    name: location,
    checksum: checksum && checkChecksum(checksum),
    contentId: async () => location,
    async open(signal) {
      const path = scratchPath();
      try {
        await refuseLarge(client, snapshot, { maxBytes, signal });
        await exportTo(client, snapshot, path, signal);
        const { totalBytes, storedBytes, chunks, ...opened } = await fileSource({ type: 'file', path }).open(signal);
        // Whoever has it open still reads it.
        await discard(path);
        return { totalBytes, storedBytes, chunks, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
      } catch (error) {
        await discard(path);
        throw error;
      }
    },
  };
}

function snapshotAt(location: string): RbdSnapshot {
  const parsed = parseRbdLocation(location);
  if (typeof parsed !== 'string') return parsed;
  const message = `"${location}" names no image in Ceph: ${parsed}. Give rbd://FSID/POOL/IMAGE/SNAPSHOT.`;
  throw new ImageBackendError('INVALID_REQUEST', message, { location });
}

async function refuseLarge(
  client: RbdClient,
  snapshot: RbdSnapshot,
  { maxBytes, signal }: { readonly maxBytes: bigint; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const bytes = await rbdImageBytes(client, snapshot, { signal });
  if (bytes === undefined) throw missing(snapshot);
  if (bytes <= maxBytes) return;
  const message = `The image "${rbdSnapshotSpec(snapshot)}" has ${bytes} bytes, and at most ${maxBytes} are allowed`;
  throw new ImageBackendError('TOO_LARGE', message, { bytes: `${bytes}`, maxBytes: `${maxBytes}` });
}

async function exportTo(client: RbdClient, snapshot: RbdSnapshot, path: string, signal: AbortSignal | undefined) {
  // It writes into nothing that is there.
  await discard(path);
  const what = `export the image "${rbdSnapshotSpec(snapshot)}"`;
  const args = ['export', '--no-progress', rbdSnapshotSpec(snapshot), path];
  const { exitCode } = await rbd(client, args, { what, signal, answers: [ENOENT] });
  if (exitCode === ENOENT) throw missing(snapshot);
}

function missing(snapshot: RbdSnapshot): ImageBackendError {
  const image = rbdSnapshotSpec(snapshot);
  return new ImageBackendError('SOURCE_UNREADABLE', `There is no image "${image}" in Ceph. Check its location.`, {
    image,
  });
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
}
