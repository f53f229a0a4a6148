import assert from 'node:assert/strict';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { DiskSource } from '../disk-source.ts';
import type { CaseContext, CaseDefinition } from './backend-contract.ts';
import { rejects } from './image-disk-cases.ts';
import { guestBytes, guestView, leftIn } from './images.ts';

const GiB = 1024 ** 3;
const HEAD_BYTES = 4096;
const EXT_LABEL = 1024 + 120;

/** Disks that begin empty: ephemeral disks and swap. */
export const scratchDiskCases: readonly CaseDefinition[] = [
  {
    name: 'an ephemeral disk has the file system of its os type and its label',
    async run(context) {
      const { backend, disk } = context;
      const source = await backend.createEphemeral({ disk, gb: 1, label: 'ephemeral0', osType: 'linux' });
      assert.equal(await extLabel(context, source), 'ephemeral0');
      assert.deepEqual(await leftIn(context), [disk.name]);
    },
  },
  {
    name: 'ephemeral disks of one size with other labels and formats are told apart',
    async run(context) {
      const { backend, disk } = context;
      const wanted = [
        { label: 'ephemeral0', format: 'ext4' },
        { label: 'ephemeral1', format: 'ext4' },
        { label: 'ephemeral0', format: 'ext3' },
      ];
      const features: number[] = [];
      for (const [index, { label, format }] of wanted.entries()) {
        const eph = { ...disk, name: `disk.eph${index}` };
        const source = await backend.createEphemeral({ disk: eph, gb: 1, label, format });
        assert.equal(await extLabel(context, source), label);
        features.push((await guestView(context, source, HEAD_BYTES)).head.readUInt32LE(1024 + 96));
      }
      assert.equal(features[0], features[1]);
      assert.notEqual(features[0], features[2]);
    },
  },
  {
    name: 'an ephemeral disk with an unknown format or a label of several words is refused',
    async run(context) {
      const { backend, disk } = context;
      for (const wrong of [
        { format: 'btrfs' },
        { format: 'EXT4' },
        { label: 'two words' },
        { label: '-F' },
        { gb: 0.5 },
      ]) {
        await rejects(backend.createEphemeral({ disk, gb: 1, label: 'ephemeral0', ...wrong }), 'INVALID_REQUEST');
      }
      assert.deepEqual(await leftIn(context), []);
    },
  },
  {
    name: 'a swap disk is swap space of its size',
    async run(context) {
      const { backend, disk } = context;
      const bytes = await guestBytes(context, await backend.createSwap({ disk, mb: 3 }));
      assert.equal(bytes.length, 3 * 1024 * 1024);
      assert.equal(bytes.toString('latin1', 4086, 4096), 'SWAPSPACE2');
    },
  },
  {
    name: 'a failed mkfs leaves nothing that a second request would take for a file system',
    wrap: (exec) => failOnce(exec, 'mkfs.ext4'),
    async run(context) {
      const { backend, disk } = context;
      const request = { disk, gb: 1, label: 'ephemeral0', osType: 'linux' };
      await rejects(backend.createEphemeral(request), 'TOOL_FAILED');
      assert.deepEqual(await leftIn(context), []);
      assert.equal(await extLabel(context, await backend.createEphemeral(request)), 'ephemeral0');
    },
  },
  {
    name: 'a failed mkswap leaves nothing that a second request would take for swap space',
    wrap: (exec) => failOnce(exec, 'mkswap'),
    async run(context) {
      const { backend, disk } = context;
      await rejects(backend.createSwap({ disk, mb: 3 }), 'TOOL_FAILED');
      assert.deepEqual(await leftIn(context), []);
      const bytes = await guestBytes(context, await backend.createSwap({ disk, mb: 3 }));
      assert.equal(bytes.toString('latin1', 4086, 4096), 'SWAPSPACE2');
    },
  },
  {
    name: 'a missing mkfs is named together with what to install',
    wrap: (exec) => async (file, args, options) => {
      if (file === 'mkfs.ext4') throw new EffectsError('EXEC_NOT_FOUND', `"${file}" is not installed`, { file });
      return exec(file, args, options);
    },
    async run({ backend, disk }) {
      const made = backend.createEphemeral({ disk, gb: 1, label: 'ephemeral0', osType: 'linux' });
      await assert.rejects(made, { code: 'TOOL_MISSING', message: /mkfs\.ext4.*e2fsprogs/ });
    },
  },
];

/** The command runs, and then says that it failed: half of its work is there. */
function failOnce(exec: Exec, program: string): Exec {
  let failed = false;
  return async (file, args, options) => {
    const result = await exec(file, args, options);
    if (file !== program || failed) return result;
    failed = true;
    throw new EffectsError('EXEC_FAILED', `${file} failed with exit code 1`, { file, args, exitCode: 1, stderr: '' });
  };
}

async function extLabel(context: CaseContext, source: DiskSource): Promise<string> {
  const { size, head } = await guestView(context, source, HEAD_BYTES);
  assert.equal(size, GiB);
  assert.equal(head.readUInt16LE(1080), 0xef53);
  return head.toString('latin1', EXT_LABEL, EXT_LABEL + 16).replace(/\0+$/, '');
}
