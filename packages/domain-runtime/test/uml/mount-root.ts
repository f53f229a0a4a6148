// Sets a container's root up from a real image by a real loop device, and tears it down, in a Linux that has these; prints what
// it saw, as JSON. Run by node inside `tooling/lab/uml/run`.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { releaseLxcRoot, setUpLxcRoot, tearDownLxcRoot } from '../../src/lxc-root.ts';

const exec = hostExec();
const directory = await mkdtemp(join(tmpdir(), 'lxc-root-'));
const tree = join(directory, 'tree');
await mkdir(tree);
await writeFile(join(tree, 'hello'), 'from the image');
const path = join(directory, 'disk');
await exec('mke2fs', ['-q', '-t', 'ext4', '-d', tree, path, '8M']);

const target = join(directory, 'rootfs');
const loops = async () =>
  (await exec('losetup', ['--noheadings', '--output', 'BACK-FILE'])).stdout.split('\n').filter(Boolean);
const seen: Record<string, unknown> = {};
for (const _ of [1, 2]) await setUpLxcRoot({ type: 'image', path }, { target, exec });
seen['mounted'] = await readFile(join(target, 'hello'), 'utf8');
seen['loops'] = (await loops()).length;

// A container has a mount namespace of its own, in which the mount outlives that the host lets go of it.
const inside = 'while [ ! -e "$1" ]; do sleep 0.1; done; cat "$0/hello"';
const released = join(directory, 'released');
const container = exec('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inside, target, released]);
await new Promise((resolve) => setTimeout(resolve, 500));
for (const _ of [1, 2]) await releaseLxcRoot({ target, exec });
seen['released'] = await readdir(target);
await writeFile(released, '');
seen['container'] = (await container).stdout;
await rm(released);

await setUpLxcRoot({ type: 'image', path }, { target, exec });
for (const _ of [1, 2]) await tearDownLxcRoot({ target, exec });
seen['tornDown'] = { files: (await readdir(directory)).toSorted(), loops: (await loops()).length };

await writeFile(path, 'no file system at all');
seen['refusal'] = await setUpLxcRoot({ type: 'image', path }, { target, exec }).catch(
  (error: { code?: string }) => error.code,
);
await tearDownLxcRoot({ target, exec });
seen['afterRefusal'] = (await loops()).length;
await rm(directory, { recursive: true });
process.stdout.write(`${JSON.stringify(seen)}\n`);
