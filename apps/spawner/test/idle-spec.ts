import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idleKernel } from './idle-kernel.ts';
import type { Workspace } from './integration/workspace.ts';

/** Writes a specification of a guest that runs and does nothing; answers its path. `more` follows, such as networks. */
export async function idleSpec(
  workspace: Pick<Workspace, 'directory' | 'spec'>,
  name: string,
  more = 'networks: [{ network: spawnkit }]',
): Promise<string> {
  const kernel = join(workspace.directory, 'kernel');
  await writeFile(kernel, idleKernel());
  const flavor = /^flavor:/m.test(more) ? '' : 'flavor: { memory: 32MiB, disk: 64MiB, swap: 16MiB }';
  return workspace.spec(name, `kernel: { source: ${kernel}, ramdisk: ${kernel} }\n${flavor}\n${more}`);
}
