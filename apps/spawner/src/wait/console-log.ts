import { on } from 'node:events';
import { watch } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** A place in a console log: a file of it, and the byte to go on from. */
export interface LogPosition {
  readonly file: string;
  readonly offset: number;
}

/** The files of a console log, oldest first: virtlogd moves a full one to `console.log.0`, `.1`, … and begins a new one. */
export async function logFiles(path: string): Promise<readonly string[]> {
  const prefix = `${basename(path)}.`;
  const rotated = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)));
  return [...rotated.map((name) => join(dirname(path), name)), path];
}

/** Where the last `lines` lines of a console log begin. Reads backwards, so that the size of the log does not matter. */
export async function startOfLastLines(files: readonly string[], lines: number): Promise<LogPosition> {
  let left = lines;
  let position: LogPosition = { file: files[0] ?? '', offset: 0 };
  for (const [index, path] of files.toReversed().entries()) {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    // The newline that ends the last line begins no further one.
    if (index === 0 && (await byteAt(file, size - 1)) === NEWLINE) left++;
    const found = await newlineFromEnd(file, size, left);
    position = { file: path, offset: found.offset };
    if (found.left === 0) return position;
    left = found.left;
  }
  return position;
}

/** The bytes from a position to the end of the log as it is now. */
export async function* readLog(files: readonly string[], from: LogPosition): AsyncGenerator<Buffer, LogPosition> {
  let last = from;
  for (const path of files.slice(files.indexOf(from.file))) {
    await using file = await open(path, 'r');
    const offset = yield* copy(file, path === from.file ? from.offset : 0);
    last = { file: path, offset };
  }
  return last;
}

/**
 * The bytes of a log from a position on, and all that is added later, through rotations, until the signal aborts; then it
 * throws the signal's reason. The kernel tells of changes (inotify); nothing is polled.
 */
export async function* followLog(path: string, from: LogPosition, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const watcher = watch(dirname(path));
  const changes = on(watcher, 'change', { signal });
  try {
    let { offset } = from;
    let file = await open(path, 'r');
    try {
      for (;;) {
        offset = yield* copy(file, offset);
        if (await isReplaced(file, path)) {
          yield* copy(file, offset);
          await file.close();
          file = await open(path, 'r');
          offset = 0;
        } else {
          await changes.next();
        }
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    watcher.close();
  }
}

async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const now = await stat(path).catch(() => undefined);
  return now !== undefined && now.ino !== (await file.stat()).ino;
}

async function* copy(file: FileHandle, start: number): AsyncGenerator<Buffer, number> {
  // A log that was cut short begins anew.
  let offset = Math.min(start, (await file.stat()).size);
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    if (bytesRead === 0) return offset;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Behind the `wanted`-th newline from the end; `left` counts those that the file did not have. */
async function newlineFromEnd(file: FileHandle, size: number, wanted: number) {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let left = wanted;
  for (let end = size; end > 0; end = Math.max(0, end - CHUNK_BYTES)) {
    const start = Math.max(0, end - CHUNK_BYTES);
    await file.read(buffer, 0, end - start, start);
    for (let index = end - start - 1; index >= 0; index--) {
      if (buffer[index] === NEWLINE && --left === 0) return { offset: start + index + 1, left };
    }
  }
  return { offset: 0, left };
}

async function byteAt(file: FileHandle, offset: number): Promise<number | undefined> {
  if (offset < 0) return undefined;
  return (await file.read(Buffer.alloc(1), 0, 1, offset)).buffer[0];
}
