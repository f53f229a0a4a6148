import { chmod, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureConsoleLog } from '../../src/spawn/console-file.ts';
import { removeDirectory } from '../../src/instance/remove-directory.ts';

/** The shape of `vectors/spawn/files.json`. */
export interface FilesCase {
  readonly id: string;
  readonly input: {
    readonly function: 'remove_instance_directory' | 'ensure_console_log';
    readonly pre: readonly { readonly path: string; readonly content?: string; readonly dir?: boolean }[];
    readonly rename_fails?: string;
    readonly rmtree_fails?: boolean;
    readonly open_errno?: number;
  };
  readonly expected: {
    readonly returned?: boolean | null;
    readonly error?: { readonly error: string };
    readonly files_after: readonly { readonly path: string; readonly content: string; readonly mode?: string }[];
  };
}

/** The instance of all cases. */
const UUID = 'b65cee2f-8c69-4aeb-be2f-f79742548fc2';
const EACCES = 13;

/** What our own function does in a case, in the form of the recording. */
export async function runFilesCase({ input }: FilesCase): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-files-case-'));
  try {
    for (const { path, content = '', dir = false } of input.pre) await prepare(join(directory, path), content, dir);
    const ended = await (input.function === 'ensure_console_log' ? ensure(input, directory) : remove(input, directory));
    return { ...ended, files_after: await filesIn(directory) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The fields of the recording that are compared: Nova's own sequence of attempts is not. */
export function expectedOfFiles({ expected }: FilesCase): unknown {
  const { returned, error, files_after } = expected;
  return { ...(error ? { error: error.error } : { returned }), files_after };
}

async function prepare(path: string, content: string, isDirectory: boolean): Promise<void> {
  await mkdir(isDirectory ? path : dirname(path), { recursive: true });
  if (isDirectory) return;
  await writeFile(path, content);
  await chmod(path, 0o644);
}

async function ensure({ open_errno }: FilesCase['input'], directory: string) {
  const failing = () => {
    throw Object.assign(new Error('no'), { code: open_errno === EACCES ? 'EACCES' : `errno ${open_errno}` });
  };
  try {
    await ensureConsoleLog(join(directory, UUID, 'console.log'), open_errno === undefined ? open : failing);
    return { returned: null };
  } catch {
    return { error: 'OSError' };
  }
}

async function remove({ rename_fails, rmtree_fails = false }: FilesCase['input'], directory: string) {
  const broken = (): never => {
    throw Object.assign(new Error('no'), { code: 'EIO' });
  };
  const files = {
    rename: async (from: string, to: string) =>
      rename_fails !== undefined && from === join(directory, rename_fails) ? broken() : rename(from, to),
    rm: async (...args: Parameters<typeof rm>) => (rmtree_fails ? broken() : rm(...args)),
  };
  return removeDirectory(join(directory, UUID), files as Parameters<typeof removeDirectory>[1]).then(
    () => ({ returned: true }),
    () => ({ returned: false }),
  );
}

async function filesIn(directory: string) {
  const names = (await readdir(directory, { recursive: true })).toSorted();
  const found = await Promise.all(
    names.map(async (path) => {
      const { mode } = await stat(join(directory, path));
      if ((mode & 0o170000) !== 0o100000) return [];
      const content = await readFile(join(directory, path), 'utf8');
      return [{ path, content, mode: `0o${(mode & 0o777).toString(8)}` }];
    }),
  );
  return found.flat();
}
