import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './packed.ts';
import type { Manifest } from './registry.ts';

const execute = promisify(execFile);

/**
 * Copies the checkout as it is (what git knows or would take, and what is built) to `directory`, as a repository of its
 * own with one commit: what happens to it there concerns nobody.
 */
export async function copyWorkspace(directory: string): Promise<void> {
  const { stdout } = await execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 16 * 1024 ** 2,
  });
  for (const path of stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await cp(join(root, path), join(directory, path), { verbatimSymlinks: true });
  }
  for (const folder of await packageFolders(root)) {
    for (const part of ['dist', 'node_modules']) {
      const from = join(root, folder, part);
      if (existsSync(from)) await cp(from, join(directory, folder, part), { recursive: true, verbatimSymlinks: true });
    }
  }
  await linkTools(join(directory, 'node_modules'));
  await initialize(directory);
}

/** Folders of the workspace's packages below `directory`, such as `packages/vif`. */
export async function packageFolders(directory: string): Promise<readonly string[]> {
  const found = await Promise.all(
    ['packages', 'apps'].map(async (parent) =>
      (await readdir(join(directory, parent))).map((name) => `${parent}/${name}`),
    ),
  );
  return found.flat().filter((folder) => existsSync(join(directory, folder, 'package.json')));
}

/** The manifests of the packages below `directory` that are published. */
export async function publishedManifests(directory: string): Promise<readonly Manifest[]> {
  const folders = await packageFolders(directory);
  const texts = await Promise.all(folders.map((folder) => readFile(join(directory, folder, 'package.json'), 'utf8')));
  return texts.map((text) => JSON.parse(text) as Manifest).filter((manifest) => !manifest.private);
}

/** What releases are made with; but not pnpm's notes about what is installed, which it would then write for both. */
async function linkTools(directory: string): Promise<void> {
  await mkdir(directory);
  const names = await readdir(join(root, 'node_modules'));
  const tools = names.filter((name) => !/^\.(?!bin$|pnpm$)/.test(name));
  for (const name of tools) await symlink(join(root, 'node_modules', name), join(directory, name));
}

async function initialize(directory: string): Promise<void> {
  const git = (...args: readonly string[]) => execute('git', args, { cwd: directory });
  await git('init', '--quiet', '--initial-branch=main');
  // The ignore file names a directory; here it is a link.
  await appendFile(join(directory, '.git/info/exclude'), 'node_modules\n.npmrc\n');
  await git('config', 'user.name', 'release test');
  await git('config', 'user.email', 'release@test.invalid');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The checkout');
}
