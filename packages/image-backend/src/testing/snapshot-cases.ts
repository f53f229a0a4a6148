import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseDefinition } from './backend-contract.ts';
import { rejects } from './image-disk-cases.ts';
import { diskBytes, guestBytes, IMAGE_BYTES, leftIn, pullDisk, writeAsGuest } from './images.ts';

const someBytes = { byte: 0x5a, offset: 0, length: 64 * 1024 };

/** Snapshots of disks, and what is taken out of them. */
export const snapshotCases: readonly CaseDefinition[] = [
  {
    name: 'a disk goes back to its snapshot, as often as wanted',
    async run(context) {
      const { backend, disk } = context;
      const source = await backend.create({ disk, base: await pullDisk(context), sizeBytes: IMAGE_BYTES });
      await backend.createSnapshot({ disk, snapshot: 'before' });
      for (const byte of [0x5a, 0x5b]) {
        await writeAsGuest(context, source, { ...someBytes, byte });
        assert.ok(!(await guestBytes(context, source)).equals(diskBytes()));
        await backend.rollback({ disk, snapshot: 'before' });
        assert.ok((await guestBytes(context, source)).equals(diskBytes()));
      }
    },
  },
  {
    name: 'snapshots are told apart, and one that is gone is not gone back to',
    async run(context) {
      const { backend, disk } = context;
      const source = await backend.create({ disk, base: await pullDisk(context), sizeBytes: IMAGE_BYTES });
      await backend.createSnapshot({ disk, snapshot: 'one' });
      await writeAsGuest(context, source, someBytes);
      await backend.createSnapshot({ disk, snapshot: 'two' });
      await rejects(backend.createSnapshot({ disk, snapshot: 'two' }), 'SNAPSHOT_EXISTS');
      await backend.removeSnapshot({ disk, snapshot: 'two' });
      await backend.removeSnapshot({ disk, snapshot: 'two' });
      await rejects(backend.rollback({ disk, snapshot: 'two' }), 'SNAPSHOT_NOT_FOUND');
      assert.ok(!(await guestBytes(context, source)).equals(diskBytes()));
      await backend.rollback({ disk, snapshot: 'one' });
      assert.ok((await guestBytes(context, source)).equals(diskBytes()));
    },
  },
  {
    name: 'a disk is removed with its snapshots',
    async run(context) {
      const { backend, disk } = context;
      await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      await backend.createSnapshot({ disk, snapshot: 'kept' });
      await backend.remove(disk);
      assert.deepEqual(await leftIn(context), []);
      await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      await rejects(backend.rollback({ disk, snapshot: 'kept' }), 'SNAPSHOT_NOT_FOUND');
    },
  },
  {
    name: 'snapshots of no disk and of bad names are refused',
    async run({ backend, disk }) {
      await rejects(backend.createSnapshot({ disk, snapshot: 'a' }), 'DISK_NOT_FOUND');
      await rejects(backend.rollback({ disk, snapshot: 'a' }), 'DISK_NOT_FOUND');
      await backend.removeSnapshot({ disk, snapshot: 'a' });
      await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      for (const snapshot of ['', '1', '-a', 'a b', 'a/b', 'a@b', '..', 'x'.repeat(65)]) {
        await rejects(backend.createSnapshot({ disk, snapshot }), 'INVALID_REQUEST');
        await rejects(backend.rollback({ disk, snapshot }), 'INVALID_REQUEST');
        await rejects(backend.removeSnapshot({ disk, snapshot }), 'INVALID_REQUEST');
      }
    },
  },
  {
    name: 'what is extracted of a disk has what its guest sees, and depends on nothing',
    async run(context) {
      const { backend, disk, exec, instancesPath } = context;
      await backend.create({ disk, base: await pullDisk(context), sizeBytes: IMAGE_BYTES });
      const raw = join(instancesPath, 'out.raw');
      await backend.extract({ disk, target: raw, format: 'raw' });
      assert.ok((await readFile(raw)).equals(diskBytes()));
      assert.equal((await stat(raw)).mode & 0o777, 0o600);
      const qcow2 = join(instancesPath, 'out.qcow2');
      await backend.extract({ disk, target: qcow2, format: 'qcow2', compress: true });
      const info = JSON.parse((await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', qcow2])).stdout);
      assert.equal(info['backing-filename'], undefined);
      const compared = await exec('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', raw, qcow2]);
      assert.equal(compared.exitCode, 0);
    },
  },
  {
    name: 'an extraction that cannot be is refused, and replaces nothing',
    async run({ backend, disk, instancesPath }) {
      const target = join(instancesPath, 'mine');
      await rejects(backend.extract({ disk, target, format: 'raw' }), 'DISK_NOT_FOUND');
      await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      await writeFile(target, 'mine');
      await rejects(backend.extract({ disk, target, format: 'raw' }), 'DISK_EXISTS');
      assert.equal(await readFile(target, 'utf8'), 'mine');
      await rejects(backend.extract({ disk, target: 'relative', format: 'raw' }), 'INVALID_REQUEST');
      await rejects(backend.extract({ disk, target: `${target}2`, format: 'raw', compress: true }), 'INVALID_REQUEST');
    },
  },
];
