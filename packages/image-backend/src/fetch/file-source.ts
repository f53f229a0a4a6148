import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { checkChecksum } from '../checksum.ts';
import { ImageBackendError } from '../errors.ts';
import { type FileIdentity, identityOf, sameFile } from '../files.ts';
import type { FileSource } from '../image-source.ts';
import type { Fetchable, OpenSource } from './fetchable.ts';

const CHUNK_BYTES = 1024 * 1024;

/** A file of this host. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function fileSource({ path, checksum }: FileSource): Fetchable {
  if (!isAbsolute(path)) {
    throw new ImageBackendError('INVALID_REQUEST', `The image file "${path}" must be given by its absolute path`, {
      path,
    });
  }
  let named: FileIdentity | undefined;
  return {
    name: path,
    checksum: checksum && checkChecksum(checksum),
    async contentId() {
      const found = await stat(path, { bigint: true }).catch((cause: unknown) => {
        throw unreadable(path, (cause as Error).message, cause);
      });
      named = { size: found.size, inode: found.ino, modifiedNs: found.mtimeNs };
      return `file:${path}:${found.ino}:${found.size}:${found.mtimeNs}`;
    },
    async open() {
      const opened = await openFile(path);
      if (!named || sameFile(named, opened.identity)) return openedSource(path, opened);
      await opened.handle.close();
      throw changed(path);
    },
  };
}

/** The bytes of a file from its beginning, piece by piece in one buffer. */
export async function* fileChunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let offset = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

interface OpenedFile {
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  readonly storedBytes: bigint;
}

async function openFile(path: string): Promise<OpenedFile> {
  try {
    // A pipe must not block the opening.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat({ bigint: true });
    const identity = { size: found.size, inode: found.ino, modifiedNs: found.mtimeNs };
    if (found.isFile()) return { handle, identity, storedBytes: found.blocks * 512n };
    await handle.close();
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
  throw unreadable(path, 'it is not a regular file');
}

function openedSource(path: string, { handle, identity, storedBytes }: OpenedFile): OpenSource {
  return {
    totalBytes: identity.size,
    storedBytes: storedBytes < identity.size ? storedBytes : identity.size,
    chunks: fileChunks(handle),
    clone: (target) => cloneFile(path, target),
    async checkUnchanged() {
      const now = await identityOf(path);
      if (!now || !sameFile(now, identity)) throw changed(path);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Only some file systems share blocks (xfs, btrfs), and only within themselves. */
async function cloneFile(path: string, target: string): Promise<boolean> {
  try {
    await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    // Whatever is really wrong will show when the bytes are copied.
    await rm(target, { force: true });
    return false;
  }
}

function changed(path: string): ImageBackendError {
  return unreadable(path, 'it was changed while it was read');
}

function unreadable(path: string, reason: string, cause?: unknown): ImageBackendError {
  return new ImageBackendError(
    'SOURCE_UNREADABLE',
    `Cannot read the image "${path}": ${reason}. Give a regular file that this user may read and that nobody writes.`,
    { path },
    { cause },
  );
}
