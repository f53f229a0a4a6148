import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory in the place of a host's file tree. */
export interface HostDirectory extends AsyncDisposable {
  readonly path: string;
  readonly holdsPath: string;
  readonly locksPath: string;
  /** Every path below some of its directories, links with their targets. */
  tree(...names: readonly string[]): Promise<readonly string[]>;
}

export async function hostDirectory(): Promise<HostDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'spawnkit-volume-host-'));
  return {
    path,
    holdsPath: join(path, 'holds'),
    locksPath: join(path, 'locks'),
    async tree(...names) {
      const lists = await Promise.all(names.map((name) => pathsBelow(path, name)));
      return lists.flat();
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function pathsBelow(root: string, name: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, name), { withFileTypes: true }).catch(() => []);
  const lists = await Promise.all(
    entries.map(async (entry) => {
      const path = `${name}/${entry.name}`;
      if (entry.isSymbolicLink()) return [`${path} -> ${await readlink(join(root, path))}`];
      return entry.isDirectory() ? [path, ...(await pathsBelow(root, path))] : [path];
    }),
  );
  return lists.flat().toSorted();
}
