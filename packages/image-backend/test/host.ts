import { hostExec } from '@spawnkit/effects';
import type { TestContext } from 'vitest';

/** Runs something as a user without rights; skips the test where that cannot be. */
export async function asNobody(context: TestContext, run: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) context.skip('only root can become another user');
  process.seteuid?.(65534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}

/** Runs something while a directory is a file system of 512 KiB; skips the test where none can be mounted. */
export async function withSmallFileSystem(context: TestContext, path: string, run: () => Promise<void>): Promise<void> {
  const exec = hostExec();
  try {
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path]);
  } catch (error) {
    context.skip(`no small file system can be mounted here: ${(error as Error).message}`);
  }
  try {
    await run();
  } finally {
    await exec('umount', [path]);
  }
}
