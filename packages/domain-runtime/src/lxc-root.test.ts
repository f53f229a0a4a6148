import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { releaseLxcRoot, setUpLxcRoot, tearDownLxcRoot } from './lxc-root.ts';

let directory: string;
let target: string;
let mountinfo: string;
let mounts: string[];
let commands: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit lxc-'));
  target = join(directory, 'rootfs');
  mountinfo = join(directory, 'mountinfo');
  [mounts, commands] = [[], []];
  await show();
});
afterEach(() => rm(directory, { recursive: true }));

/** A kernel that mounts and unmounts, and writes it down as the real one does. */
const exec: Exec = async (file, args) => {
  commands.push([file, ...args].join(' '));
  const at = args.at(-1) ?? '';
  if (file === 'mount') mounts.push(at);
  else mounts.splice(mounts.lastIndexOf(at), 1);
  await show();
  return { stdout: '', stderr: '', exitCode: 0 };
};
const show = () =>
  writeFile(
    mountinfo,
    mounts.map((at) => `29 1 7:0 / ${at.replaceAll(' ', '\\040')} rw,nodev - ext4 /dev/loop0 rw\n`).join(''),
  );
const options = () => ({ target, exec });
const image = { type: 'image', path: '/instances/1/disk' } as const;

test('an image is mounted once, let go of, and torn down, each as often as one likes', async () => {
  for (const _ of [1, 2]) expect(await setUpLxcRoot(image, options(), { mountinfo })).toBe(target);
  expect(commands).toEqual([`mount -o loop,nodev -- /instances/1/disk ${target}`]);
  for (const _ of [1, 2]) await releaseLxcRoot(options(), { mountinfo });
  expect(await readdir(directory)).toEqual(['mountinfo', 'rootfs']);
  for (const _ of [1, 2]) await tearDownLxcRoot(options(), { mountinfo });
  expect(commands.slice(1)).toEqual([`umount -- ${target}`]);
  expect(await readdir(directory)).toEqual(['mountinfo']);
});

test('a container that never ran is torn down with its mount, and a second mount over it', async () => {
  await setUpLxcRoot(image, options(), { mountinfo });
  mounts.push(target);
  await show();
  await tearDownLxcRoot(options(), { mountinfo });
  expect(mounts).toEqual([]);
});

test('a directory is a root already', async () => {
  expect(await setUpLxcRoot({ type: 'directory', path: '/srv/root' }, options(), { mountinfo })).toBe('/srv/root');
  await tearDownLxcRoot(options(), { mountinfo });
  expect(commands).toEqual([]);
});

test('what lies in the directory and is not ours stays', async () => {
  await setUpLxcRoot(image, options(), { mountinfo });
  await writeFile(join(target, 'mine'), '');
  await tearDownLxcRoot(options(), { mountinfo });
  expect(await readdir(target)).toEqual(['mine']);
});

test('an image is not mounted where other users could run its programs', async () => {
  await chmod(directory, 0o711);
  await expect(setUpLxcRoot(image, options(), { mountinfo })).rejects.toMatchObject({
    code: 'LXC_ROOT_FAILED',
    fix: `chmod 0700 "${directory}"`,
  });
  expect(commands).toEqual([]);
});

test('what mount says is passed on', async () => {
  const failing: Exec = () => {
    throw new EffectsError('EXEC_FAILED', 'mount … failed with exit code 32: wrong fs type', {});
  };
  await expect(setUpLxcRoot(image, { target, exec: failing }, { mountinfo })).rejects.toMatchObject({
    code: 'LXC_ROOT_FAILED',
    message: expect.stringContaining('wrong fs type') as string,
    cause: { code: 'EXEC_FAILED' },
  });
  const stuck: Exec = async () => ({ stdout: '', stderr: '', exitCode: 0 });
  mounts.push(target);
  await show();
  await expect(releaseLxcRoot({ target, exec: stuck }, { mountinfo })).rejects.toThrow(/still mounted after 8/);
});

test.each([
  ['error', new EffectsError('EXEC_FAILED', 'mount failed with exit code 32', {}), 'LXC_ROOT_FAILED'],
  ['hang', new EffectsError('EXEC_TIMEOUT', 'mount was ended after 60000 ms', {}), 'LXC_ROOT_FAILED'],
  ['abort', new DOMException('changed my mind', 'AbortError'), DOMException.ABORT_ERR],
] as const)(
  'a command that ends by %s, before or after its effect, is told, and tearing down leaves nothing',
  async (_, fault, code) => {
    for (const moment of ['before', 'after'] as const) {
      for (const faulty of ['mount', 'umount']) {
        const failing: Exec = async (file, args, call) => {
          if (call?.timeoutMs === undefined) throw new Error(`${file} has no deadline`);
          if (file === faulty && moment === 'before') throw fault;
          const result = await exec(file, args, call);
          if (file === faulty) throw fault;
          return result;
        };
        const run = async () => {
          await setUpLxcRoot(image, { target, exec: failing }, { mountinfo });
          await releaseLxcRoot({ target, exec: failing }, { mountinfo });
        };
        await expect(run(), `${moment} ${faulty}`).rejects.toMatchObject({ code });
        await tearDownLxcRoot(options(), { mountinfo });
        expect([mounts, await readdir(directory)]).toEqual([[], ['mountinfo']]);
      }
    }
  },
);
