import assert from 'node:assert/strict';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { lvmBackend } from '../../src/lvm-backend.ts';
import { diskBytes } from '../../src/testing/images.ts';
import { runUntilKilled } from '../run-until-killed.ts';
import type { UmlCase } from '../../../../tooling/lab/uml/report-cases.ts';
import { group, kinds, lvmUnderTest, volumeNames } from './volume-group.ts';

const exec = hostExec();
const MiB = 1024n ** 2n;
const MOST_STEPS = 90;
const disk = { instanceId: 'uuid', name: 'disk' };

/** What only real volumes can tell. */
export const volumeCases: readonly UmlCase[] = [
  {
    name: 'a new disk shows nothing of a volume that was there before, nor does its growth',
    run: () =>
      withVolumes('thick', async (under) => {
        await soil(0xaa);
        const base = await pull(under);
        const { path } = await under.backend.create({ disk, base, sizeBytes: 3n * MiB });
        assert.ok((await bytesAt(path, 1024 ** 2, 2 * 1024 ** 2)).every((byte) => byte === 0));
        await under.backend.resize({ disk, sizeBytes: 6n * MiB });
        assert.ok((await bytesAt(path, 3 * 1024 ** 2, 3 * 1024 ** 2)).every((byte) => byte === 0));
      }),
  },
  {
    name: 'a removed disk is cleared',
    run: () =>
      withVolumes('thick', async ({ backend }) => {
        const { path } = await backend.create({ disk, sizeBytes: 4n * MiB });
        await scribble(path, 0x5a, 4 * 1024 ** 2);
        await backend.remove(disk);
        // The next volume gets the same extents.
        await exec('lvcreate', ['--yes', '-Zn', '-Wn', '-L', '4M', '-n', 'next', group]);
        assert.ok((await bytesAt(`/dev/${group}/next`, 0, 4 * 1024 ** 2)).every((byte) => byte === 0));
      }),
  },
  {
    name: 'an ext file system grows with its volume, and a disk of the base only is as it was',
    run: () =>
      withVolumes('thick', async (under) => {
        const path = join(under.instancesPath, 'ext');
        await writeFile(path, '');
        await truncate(path, Number(8n * MiB));
        await exec('mkfs.ext4', ['-q', '-F', path]);
        const base = await under.cache.pull({ source: { type: 'file', path }, kind: 'disk' });
        const blocks = async (device: string) =>
          Number(/Block count:\s+(\d+)/.exec((await exec('dumpe2fs', ['-h', device])).stdout)?.[1]);
        const source = await under.backend.create({ disk, base, sizeBytes: 16n * MiB, growFileSystem: true });
        assert.equal(await blocks(source.path), 16 * 1024);
        await under.backend.resize({ disk, sizeBytes: 24n * MiB, growFileSystem: true });
        assert.equal(await blocks(source.path), 24 * 1024);
      }),
  },
  {
    name: 'a snapshot survives that all of its disk is written over, and is gone back to twice',
    async run() {
      for (const kind of ['thick', 'sparse']) {
        await withVolumes(kind, async (under) => {
          const base = await pull(under);
          const { path } = await under.backend.create({ disk, base, sizeBytes: 8n * MiB });
          await under.backend.createSnapshot({ disk, snapshot: 'a' });
          await under.backend.createSnapshot({ disk, snapshot: 'b' });
          for (const byte of [1, 2]) {
            await scribble(path, byte, 8 * 1024 ** 2);
            await under.backend.rollback({ disk, snapshot: 'a' });
            assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()), `${kind}, ${byte}`);
          }
          await under.backend.rollback({ disk, snapshot: 'b' });
          assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()), `${kind}, b`);
        });
      }
    },
  },
  {
    name: 'a disk gets another name with its snapshots and its pool, also where that was begun before',
    async run() {
      for (const kind of ['thick', 'sparse', 'encrypted']) {
        await withVolumes(kind, async (under) => {
          const { backend } = under;
          const base = await pull(under);
          await backend.create({ disk, base, sizeBytes: 4n * MiB });
          await backend.createSnapshot({ disk, snapshot: 'a' });
          const before = await volumeNames();
          const moved = { ...disk, name: 'before.disk' };
          // As a process leaves it that dies after the first of its names.
          const first = before.find((name) => name.includes('+')) ?? '';
          await exec('lvrename', [group, first, first.replace('uuid_disk', 'uuid_before.disk')]);
          await backend.rename({ disk, name: 'before.disk' });
          await backend.rename({ disk, name: 'before.disk' });
          const after = before.map((name) => name.replace('uuid_disk', 'uuid_before.disk'));
          assert.deepEqual((await volumeNames()).toSorted(), after.toSorted(), kind);
          // What gets the name next takes nothing of it along when it goes.
          await backend.create({ disk, sizeBytes: 2n * MiB });
          await assert.rejects(backend.rename({ disk: moved, name: 'disk' }), { code: 'DISK_EXISTS' });
          await backend.remove(disk);
          await backend.rename({ disk: moved, name: 'disk' });
          await assertHasImage(backend, kind);
          await backend.rollback({ disk, snapshot: 'a' });
          await assertHasImage(backend, `${kind}, rolled back`);
          await assert.rejects(backend.rename({ disk: moved, name: 'other' }), { code: 'DISK_NOT_FOUND' });
        });
      }
    },
  },
  {
    name: 'a disk that is open is neither removed nor rolled back',
    async run() {
      for (const kind of ['thick', 'encrypted']) {
        await withVolumes(kind, async ({ backend }) => {
          const { path } = await backend.create({ disk, sizeBytes: 4n * MiB });
          await backend.createSnapshot({ disk, snapshot: 'a' });
          {
            await using guest = await open(path, 'r+');
            await guest.write(Buffer.alloc(512, 7), 0, 512, 0);
            await assert.rejects(backend.remove(disk), { code: 'DISK_BUSY' });
            await assert.rejects(backend.rollback({ disk, snapshot: 'a' }), { code: 'DISK_BUSY' });
          }
          assert.equal((await bytesAt(path, 0, 1))[0], 7);
          await backend.remove(disk);
          assert.deepEqual(await volumeNames(), []);
        });
      }
    },
  },
  {
    name: 'a full volume group is NO_SPACE, leaves nothing, and touches no other disk',
    run: () =>
      withVolumes('thick', async (under) => {
        const { backend } = under;
        const other = { ...disk, name: 'other' };
        const base = await pull(under);
        const { path } = await backend.create({ disk: other, base, sizeBytes: 2n * MiB });
        await assert.rejects(backend.create({ disk, base, sizeBytes: 1024n * 1024n * MiB }), { code: 'NO_SPACE' });
        await exec('lvcreate', ['--yes', '-l', '100%FREE', '-n', 'rest', group]);
        await assert.rejects(backend.create({ disk, base, sizeBytes: 2n * MiB }), { code: 'NO_SPACE' });
        await assert.rejects(backend.createSnapshot({ disk: other, snapshot: 'a' }), { code: 'NO_SPACE' });
        await assert.rejects(backend.resize({ disk: other, sizeBytes: 4n * MiB }), { code: 'NO_SPACE' });
        assert.deepEqual((await volumeNames()).toSorted(), ['rest', 'uuid_other']);
        assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()));
        await exec('lvremove', ['-f', `${group}/rest`]);
        await backend.create({ disk, base, sizeBytes: 2n * MiB });
      }),
  },
  {
    name: 'a volume group that is not there, and another’s volume of the name, are told',
    run: () =>
      withVolumes('thick', async (under) => {
        const { instancesPath } = under;
        const missing = lvmBackend({ instancesPath, exec, imagesVolumeGroup: 'none' });
        await assert.rejects(missing.exists(disk), { code: 'STORAGE_UNREACHABLE' });
        await assert.rejects(missing.create({ disk, sizeBytes: MiB }), { code: 'STORAGE_UNREACHABLE' });
        await exec('lvcreate', ['--yes', '-L', '2M', '-n', 'uuid_disk', group]);
        await scribble(`/dev/${group}/uuid_disk`, 9, 1024 ** 2);
        const base = await pull(under);
        await assert.rejects(under.backend.create({ disk, base, sizeBytes: 2n * MiB }), { code: 'DISK_EXISTS' });
        assert.ok((await bytesAt(`/dev/${group}/uuid_disk`, 0, 1024 ** 2)).every((byte) => byte === 9));
      }),
  },
  {
    name: 'what stands on an encrypted volume is not what its guest reads',
    run: () =>
      withVolumes('encrypted', async (under) => {
        const base = await pull(under);
        const { path } = await under.backend.create({ disk, base, sizeBytes: 2n * MiB });
        assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()));
        const below = await bytesAt(`/dev/${group}/uuid_disk`, 0, 1024 ** 2);
        assert.ok(!below.includes(diskBytes().subarray(0, 64)));
        assert.ok(below.subarray(1000, 9000).some((byte) => byte !== 0));
        await under.backend.lock(disk);
        await under.backend.unlock(disk);
        assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()));
        await under.backend.resize({ disk, sizeBytes: 4n * MiB });
        assert.ok((await bytesAt(path, 2 * 1024 ** 2, 2 * 1024 ** 2)).every((byte) => byte === 0));
      }),
  },
];

/** Processes that die. */
export const killCases: readonly UmlCase[] = Object.entries({ thick: 1, sparse: 4, encrypted: 2 }).map(
  ([kind, every]) => ({
    name: `what is killed on the way of a creation is taken away by remove, ${kind}`,
    run: () => killedAtSteps(kind, every),
  }),
);

type Under = Awaited<ReturnType<typeof lvmUnderTest>>;

async function withVolumes(kind: string, run: (under: Under) => Promise<void>): Promise<void> {
  await using under = await lvmUnderTest(exec, kinds[kind] ?? {});
  await run(under);
}

async function pull({ cache, instancesPath }: Under, bytes = diskBytes()) {
  const path = join(instancesPath, 'image');
  await writeFile(path, bytes);
  return cache.pull({ source: { type: 'file', path }, kind: 'disk' });
}

async function bytesAt(path: string, offset: number, length: number): Promise<Buffer> {
  await using handle = await open(path, 'r');
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer;
}

async function scribble(path: string, byte: number, bytes: number): Promise<void> {
  await using handle = await open(path, 'r+');
  await handle.write(Buffer.alloc(bytes, byte), 0, bytes, 0);
  await handle.sync();
}

/** Everything in the group that is not given away has these bytes. */
async function soil(byte: number): Promise<void> {
  await exec('lvcreate', ['--yes', '-l', '100%FREE', '-n', 'soil', group]);
  await exec('dd', ['if=/dev/zero', `of=/dev/${group}/soil`, 'bs=1M', 'count=16', 'conv=fsync']);
  await scribble(`/dev/${group}/soil`, byte, 16 * 1024 ** 2);
  await exec('lvremove', ['-f', `${group}/soil`]);
}

/** In processes of their own, which die by SIGKILL before, during and after each command, or some of them. */
async function killedAtSteps(kind: string, every: number): Promise<void> {
  const script = join(import.meta.dirname, 'kill-at-command.ts');
  await withVolumes(kind, async ({ instancesPath, backend }) => {
    await writeFile(join(instancesPath, 'source'), diskBytes());
    let step = 0;
    for (; await runUntilKilled(script, [instancesPath, kind, `${step}`]); step += every) {
      assert.ok(step < MOST_STEPS, 'the creation does not come to its end');
      if (await backend.exists(disk)) await assertHasImage(backend, `step ${step}`);
      await backend.remove(disk);
      assert.deepEqual(await volumeNames(), [], `step ${step}`);
      if (kind === 'encrypted') assert.doesNotMatch((await exec('dmsetup', ['ls'])).stdout, /uuid/, `step ${step}`);
    }
    assert.ok(step > 15, `only ${step} steps`);
    await assertHasImage(backend, 'at last');
  });
}

async function assertHasImage(backend: Under['backend'], when: string): Promise<void> {
  const { path } = await backend.unlock(disk);
  assert.ok((await bytesAt(path, 0, 1024 ** 2)).equals(diskBytes()), when);
}
