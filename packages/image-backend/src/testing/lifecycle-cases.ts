import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { DiskSource } from '../disk-source.ts';
import type { CaseContext, CaseDefinition } from './backend-contract.ts';
import { rejects } from './image-disk-cases.ts';
import { diskBytes, guestBytes, IMAGE_BYTES, leftIn, pullDisk } from './images.ts';

/** What brings bytes to a disk. */
const COPYING: readonly string[] = ['cp', 'qemu-img', 'rbd'];
/** How many commands have failed, or taken long, since a case set it to 0; cases of one process run one after the other. */
const spoiled = { commands: 0 };

/** Existence, growth, removal, and what goes wrong. */
export const lifecycleCases: readonly CaseDefinition[] = [
  {
    name: 'a disk is known once it is made',
    async run({ backend, disk }) {
      assert.equal(await backend.exists(disk), false);
      await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      assert.equal(await backend.exists(disk), true);
    },
  },
  {
    name: 'a disk that is a file is closed to other users, and its format is noted for Nova',
    onlyIf: ({ capabilities }) => capabilities.inInstancePath,
    async run({ backend, disk, instancePath }) {
      const source = await backend.create({ disk, sizeBytes: IMAGE_BYTES });
      const path = join(instancePath, disk.name);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const notes = join(instancePath, 'disk.info');
      assert.deepEqual(JSON.parse(await readFile(notes, 'utf8')), { [path]: source.format });
      await backend.remove(disk);
      await assert.rejects(stat(notes), { code: 'ENOENT' });
    },
  },
  {
    name: 'a disk that is there already is left alone',
    async run(context) {
      const { backend, disk, storage, instancesPath } = context;
      const mine = diskBytes('mine');
      await writeFile(join(instancesPath, 'mine'), mine);
      await storage.plant(disk, join(instancesPath, 'mine'));
      await rejects(backend.create({ disk, sizeBytes: IMAGE_BYTES }), 'DISK_EXISTS');
      await rejects(backend.createEphemeral({ disk, gb: 1, label: 'a' }), 'DISK_EXISTS');
      await rejects(backend.createSwap({ disk, mb: 1 }), 'DISK_EXISTS');
      assert.ok((await guestBytes(context, { ...backend.source(disk), format: 'raw' })).equals(mine));
      assert.deepEqual(await leftIn(context), [disk.name]);
    },
  },
  {
    name: 'of many that make one disk at once, one succeeds',
    async run(context) {
      const { backend, disk } = context;
      const base = await pullDisk(context);
      const many = Array.from({ length: 6 }, () => backend.create({ disk, base, sizeBytes: 2n * IMAGE_BYTES }));
      const ends = await Promise.allSettled(many);
      assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const end of ends) {
        if (end.status === 'rejected') assert.equal(end.reason.code, 'DISK_EXISTS');
      }
      assert.deepEqual(await leftIn(context), [disk.name]);
    },
  },
  {
    name: 'an instance without its directory is refused',
    onlyIf: ({ capabilities }) => capabilities.inInstancePath,
    async run({ backend, disk, instancePath }) {
      await rm(instancePath, { recursive: true });
      await rejects(backend.create({ disk, sizeBytes: IMAGE_BYTES }), 'INSTANCE_PATH_MISSING');
      await rejects(backend.createSwap({ disk, mb: 1 }), 'INSTANCE_PATH_MISSING');
      await backend.remove(disk);
    },
  },
  {
    name: 'ids that leave the instances path are refused everywhere',
    async run({ backend, disk }) {
      for (const part of ['..', '.', '', 'a/b', '/etc', 'a\0b', '-x', 'x'.repeat(129), '.disk.draft-0123456789ab']) {
        for (const wrong of [
          { ...disk, name: part },
          { ...disk, instanceId: part },
        ]) {
          await rejects(backend.create({ disk: wrong, sizeBytes: IMAGE_BYTES }), 'INVALID_REQUEST');
          assert.throws(() => backend.source(wrong), { code: 'INVALID_REQUEST' });
          await rejects(backend.remove(wrong), 'INVALID_REQUEST');
          await rejects(backend.exists(wrong), 'INVALID_REQUEST');
        }
      }
      assert.throws(() => backend.source({ instanceId: '_base', name: 'x' }), { code: 'INVALID_REQUEST' });
    },
  },
  {
    name: 'a disk grows and keeps its bytes, and never shrinks',
    async run(context) {
      const { backend, disk } = context;
      const base = await pullDisk(context);
      const source = await backend.create({ disk, base, sizeBytes: IMAGE_BYTES });
      await backend.resize({ disk, sizeBytes: 3n * IMAGE_BYTES });
      await backend.resize({ disk, sizeBytes: 3n * IMAGE_BYTES });
      await rejects(backend.resize({ disk, sizeBytes: IMAGE_BYTES }), 'CANNOT_SHRINK');
      await rejects(backend.resize({ disk, sizeBytes: 3n * IMAGE_BYTES + 1n }), 'INVALID_REQUEST');
      await rejects(backend.resize({ disk: { ...disk, name: 'none' }, sizeBytes: IMAGE_BYTES }), 'DISK_NOT_FOUND');
      const bytes = await guestBytes(context, source);
      assert.ok(bytes.equals(Buffer.concat([diskBytes(), Buffer.alloc(2 * Number(IMAGE_BYTES))])));
    },
  },
  {
    name: 'remove takes a disk and the drafts of killed creations, again and again, and nothing else',
    async run(context) {
      const { backend, cache, disk, storage } = context;
      const base = await pullDisk(context);
      const other = { ...disk, name: 'disk.local' };
      await backend.create({ disk: other, sizeBytes: IMAGE_BYTES });
      await storage.plantDraft(other);
      const others = await leftIn(context);
      await backend.create({ disk, base, sizeBytes: IMAGE_BYTES });
      await storage.plantDraft(disk);
      await backend.remove(disk);
      await backend.remove(disk);
      assert.deepEqual(await leftIn(context), others);
      assert.equal(others.length, 2);
      assert.equal((await cache.verify(base.name)).state, 'good');
    },
  },
  {
    name: 'an aborted creation rejects with the reason and leaves nothing',
    wrap: slow,
    async run(context) {
      const { backend, disk } = context;
      const base = await pullDisk(context);
      const reason = new Error('enough');
      const soon = () => {
        const abort = new AbortController();
        setTimeout(() => abort.abort(reason), 50);
        return abort.signal;
      };
      const isReason = (error: unknown) => error === reason;
      const eph = { disk: { ...disk, name: 'disk.local' }, gb: 1, label: 'a', osType: 'linux' };
      await assert.rejects(backend.createEphemeral({ ...eph, signal: soon() }), isReason);
      const create = () => backend.create({ disk, base, sizeBytes: 2n * IMAGE_BYTES, signal: soon() });
      await refusedIfSpoiled(context, create, isReason);
      const swap = { ...disk, name: 'disk.swap' };
      await assert.rejects(backend.createSwap({ disk: swap, mb: 1, signal: AbortSignal.abort(reason) }), isReason);
    },
  },
  {
    name: 'a failing command is reported with its words and leaves nothing',
    wrap: (exec) => (file, args, options) => {
      if (!COPYING.includes(file)) return exec(file, args, options);
      spoiled.commands++;
      return exec(file, file === 'rbd' ? [args[0] ?? '', '--no-such-option'] : ['--no-such-option'], options);
    },
    async run(context) {
      const { backend, disk } = context;
      const base = await pullDisk(context);
      const create = () => backend.create({ disk, base, sizeBytes: 2n * IMAGE_BYTES });
      await refusedIfSpoiled(context, create, { code: 'TOOL_FAILED', message: /no-such-option/ });
    },
  },
  {
    name: 'a full file system is reported as such and leaves nothing',
    wrap: (exec) => async (file, args, options) => {
      if (!COPYING.includes(file) || args[0] === 'info') return exec(file, args, options);
      spoiled.commands++;
      throw new EffectsError('EXEC_FAILED', `${file} failed`, { file, stderr: `${file}: No space left on device` });
    },
    async run(context) {
      const base = await pullDisk(context);
      const create = () => context.backend.create({ disk: context.disk, base, sizeBytes: 2n * IMAGE_BYTES });
      await refusedIfSpoiled(context, create, { code: 'NO_SPACE' });
    },
  },
];

/**
 * That a creation which ran a spoiled command is refused in these words, and leaves nothing; one that ran none, since its
 * backend needs none, may make the whole disk.
 */
async function refusedIfSpoiled(context: CaseContext, create: () => Promise<DiskSource>, told: object): Promise<void> {
  spoiled.commands = 0;
  const outcome = await create().catch((error: unknown) => error);
  if (outcome instanceof Error) {
    await assert.rejects(Promise.reject(outcome), told);
    assert.deepEqual(await leftIn(context), []);
    return;
  }
  assert.equal(spoiled.commands, 0, 'a command failed, and the creation did not');
  assert.deepEqual(await leftIn(context), [context.disk.name]);
  const zeros = Buffer.alloc(Number(IMAGE_BYTES));
  const bytes = await guestBytes(context, context.backend.source(context.disk));
  assert.ok(bytes.equals(Buffer.concat([diskBytes(), zeros])));
}

/** Commands take long, and end when they are aborted. */
function slow(exec: Exec): Exec {
  return async (file, args, options) => {
    spoiled.commands++;
    await exec('sleep', ['30'], options);
    return exec(file, args, options);
  };
}
