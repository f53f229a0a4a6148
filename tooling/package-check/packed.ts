import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A package as users get it. */
export interface PackedPackage {
  readonly name: string;
  readonly folder: string;
  readonly tarball: string;
  readonly readme: string;
}

/** Packs every published package of the workspace into `directory`. They must have been built. */
export function packAll(directory: string): readonly PackedPackage[] {
  mkdirSync(directory, { recursive: true });
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((entry) => {
      const folder = join(root, parent, entry);
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
      const tarball = join(directory, `${name.replace('@', '').replace('/', '-')}.tgz`);
      execFileSync('pnpm', ['pack', '--out', tarball], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
      return { name, folder: `${parent}/${entry}`, tarball, readme: readFileSync(join(folder, 'README.md'), 'utf8') };
    }),
  );
}

/** A project in `directory` that has installed the packed packages from npm's point of view. */
export function installAll(directory: string, packages: readonly PackedPackage[]): void {
  writeFileSync(join(directory, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'];
  const types = `@types/node@${(JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8')) as { version: string }).version}`;
  execFileSync('npm', ['install', ...quiet, types, ...packages.map(({ tarball }) => tarball)], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
