import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { rawBackend } from '@spawnkit/image-backend';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asideName, type FileChange, isDisk, putAside, putBack, replaceableFiles } from './instance-files.ts';

const uuid = '6f7b1b0e-6c0e-4d4e-9d0e-0123456789ab';
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

const before = ['disk', '.disk~snapshot-one', 'disk.info', 'disk.config', 'disk.eph0', 'libvirt.xml', 'console.log'];

async function prepare(): Promise<{ readonly change: FileChange; readonly content: () => Promise<unknown> }> {
  const instancePath = join(directory, uuid);
  await rm(instancePath, { recursive: true, force: true });
  await mkdir(instancePath);
  for (const name of before) await writeFile(join(instancePath, name), contentOf(name));
  const replaced = await replaceableFiles(instancePath);
  return {
    change: { instancePath, replaced, made: ['disk.swap'] },
    async content() {
      const names = (await readdir(instancePath)).sort();
      const read = async (name: string) => [name, await readFile(join(instancePath, name), 'utf8')] as const;
      return Object.fromEntries(await Promise.all(names.map(read)));
    },
  };
}

/** Notes about disks are read and written by whoever removes one. */
function contentOf(name: string): string {
  return name === 'disk.info' ? '{"/old/disk":"qcow2"}' : `old ${name}`;
}

test('replaceableFiles are all that is made anew, and not the console log', async () => {
  const { change } = await prepare();
  expect([...change.replaced].sort()).toEqual(before.filter((name) => name !== 'console.log').sort());
});

test('putBack restores everything, wherever putAside and the making after it were cut off, and putBack itself', async () => {
  const backend = rawBackend({ instancesPath: directory, exec: hostExec({}) });
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.nat(12), fc.nat(12), async (moved, made, restored) => {
      const { change, content } = await prepare();
      const whole = await content();
      const { instancePath, replaced } = change;
      await putAside({ ...change, replaced: ordered(replaced).toReversed().slice(0, moved) });
      // New ones come only once all old ones are aside.
      const names = moved >= replaced.length ? [...replaced, 'disk.swap'].slice(0, made) : [];
      for (const name of names) await writeFile(join(instancePath, name), name === 'disk.info' ? '{}' : `new ${name}`);
      // A putBack that dies on its way: the same in another order of time.
      await putBack({ ...change, replaced: ordered(replaced).slice(0, restored) }, backend);
      await putBack(change, backend);
      await putBack(change, backend);
      expect(await content()).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

/** The order in which files are put back, and the opposite of that in which they are put aside. */
function ordered(names: readonly string[]): readonly string[] {
  const depends = (name: string) => Number(name.startsWith('.') || name === 'disk.info');
  return names.toSorted((a, b) => depends(a) - depends(b));
}

test.each([
  ['disk', true],
  ['disk.eph0', true],
  ['disk.rescue', true],
  ['kernel', true],
  ['disk.info', false],
  ['disk.config', false],
  ['disk.config.rescue', false],
  ['request.json', false],
])('isDisk of %s is %s', (name, answer) => {
  expect(isDisk(name)).toBe(answer);
  expect(isDisk(asideName(name))).toBe(false);
});
