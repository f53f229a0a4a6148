import { open } from 'node:fs/promises';
import { EffectsError } from '@spawnkit/effects';
import { rawContents } from '../inspection/raw-contents.ts';
import type { BackendContext } from './backend-options.ts';

const SUPERBLOCK_END = 4096;

/**
 * Lets an ext file system that is all of a raw disk grow with it. As in Nova the disk is good without: what goes wrong
 * is warned of. Throws errors of the file system below, or the signal's reason.
 */
export async function growFileSystem(
  { exec, log }: Pick<BackendContext, 'exec' | 'log'>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!(await isExt(path))) return;
  try {
    // 1 and 2 say that something was repaired.
    await exec('e2fsck', ['-fp', path], { signal, okExitCodes: [0, 1, 2] });
    await exec('resize2fs', [path], { signal });
  } catch (error) {
    if (!(error instanceof EffectsError)) throw error;
    log.warn('the file system was not grown with its disk', { path, reason: error.message });
  }
}

async function isExt(path: string): Promise<boolean> {
  await using handle = await open(path, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SUPERBLOCK_END), 0, SUPERBLOCK_END, 0);
  return rawContents(buffer.subarray(0, bytesRead)) === 'ext';
}
