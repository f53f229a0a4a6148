import { open } from 'node:fs/promises';
import { EffectsError } from '@spawnkit/effects';
import type { BackendContext } from './backend-options.ts';
import type { Mkfs } from './mkfs.ts';

/**
 * Steps that make the content of a draft. They throw `EffectsError`, errors of the file system, or the signal's reason.
 */
export interface FillOptions {
  readonly signal: AbortSignal | undefined;
}

/** An empty raw disk. */
export async function fillEmpty(draft: string, sizeBytes: bigint): Promise<void> {
  await using file = await open(draft, 'wx', 0o600);
  await file.truncate(Number(sizeBytes));
}

/** A raw disk with an empty file system over all of it. */
export async function fillFileSystem(
  { exec }: Pick<BackendContext, 'exec'>,
  draft: string,
  { sizeBytes, mkfs, signal }: { readonly sizeBytes: bigint; readonly mkfs: Mkfs } & FillOptions,
): Promise<void> {
  await fillEmpty(draft, sizeBytes);
  await exec(mkfs.program, mkfs.args(draft), { signal });
}

/** A raw disk that is swap space. */
export async function fillSwap(
  { exec }: Pick<BackendContext, 'exec'>,
  draft: string,
  { sizeBytes, signal }: { readonly sizeBytes: bigint } & FillOptions,
): Promise<void> {
  await fillEmpty(draft, sizeBytes);
  await exec('mkswap', [draft], { signal });
}

/** Reserves the blocks of a disk where that is configured; a file system that cannot is only warned of, as in Nova. */
export async function preallocate(
  { exec, log, preallocateImages }: BackendContext,
  draft: string,
  { sizeBytes, signal }: { readonly sizeBytes: bigint } & FillOptions,
): Promise<void> {
  if (preallocateImages !== 'space') return;
  try {
    await exec('fallocate', ['-n', '-l', `${sizeBytes}`, draft], { signal });
  } catch (error) {
    const unsupported = error instanceof EffectsError && /not supported/.test(String(error.context['stderr']));
    if (!unsupported) throw error;
    log.warn('the file system cannot preallocate', { draft });
  }
}
