import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exec, hostExec, Secret } from '@spawnkit/effects';
import type { LvmBackendOptions } from '../../src/lvm/lvm-options.ts';
import { type LvmBackend, lvmBackend } from '../../src/lvm-backend.ts';
import { openImageCache } from '../../src/open-image-cache.ts';
import type { BackendUnderTest, StorageUnderTest } from '../../src/testing/index.ts';

export const group = 'spawnkit';
const exec = hostExec();
const KEY = new Secret('01'.repeat(32));
const CIPHER = ['--cipher=aes-xts-plain64', '--key-size=512', '--key-file=-'];

/** The kinds of volumes that the contract is run on. */
export const kinds: Readonly<Record<string, Partial<LvmBackendOptions>>> = {
  thick: {},
  sparse: { sparseLogicalVolumes: true },
  encrypted: { encryption: { keyOf: async () => KEY } },
};

/** A volume group over the machine's first disk, with extents of 1 MiB. */
export async function makeVolumeGroup(): Promise<void> {
  await exec('pvcreate', ['--yes', '/dev/ubdb']);
  await exec('vgcreate', ['--physicalextentsize', '1M', group, '/dev/ubdb']);
}

/** Names of all volumes of the group. */
export async function volumeNames(): Promise<readonly string[]> {
  const { stdout } = await exec('lvs', ['--noheadings', '-o', 'lv_name', group]);
  return stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

/** A backend on the real volume group; what it made is removed in the end. */
export async function lvmUnderTest(
  run: Exec,
  options: Partial<LvmBackendOptions>,
): Promise<Omit<BackendUnderTest, 'backend'> & { readonly backend: LvmBackend }> {
  const instancesPath = await mkdtemp(join(tmpdir(), 'lvm-'));
  const backend = lvmBackend({ instancesPath, exec: run, imagesVolumeGroup: group, ...options });
  return {
    instancesPath,
    backend,
    cache: openImageCache({ instancesPath, exec: run }),
    storage: lvmStorage(options),
    async [Symbol.asyncDispose]() {
      await rm(instancesPath, { recursive: true });
      await removeAll();
    },
  };
}

/** Everything in the group, and the devices above it. */
export async function removeAll(): Promise<void> {
  const { stdout } = await exec('dmsetup', ['ls']);
  for (const [, name = ''] of stdout.matchAll(/^(\S+-dmcrypt)\s/gm)) await exec('cryptsetup', ['close', name]);
  await exec('vgremove', ['--yes', '--force', group]);
  await exec('vgcreate', ['--physicalextentsize', '1M', group, '/dev/ubdb']);
}

function lvmStorage({ encryption }: Partial<LvmBackendOptions>): StorageUnderTest {
  const nameOf = (instanceId: string, name: string) => `${instanceId}_${name.replaceAll('_', '__')}`;
  const create = (name: string, bytes: number) =>
    exec('lvcreate', ['--yes', '-Wy', '-L', `${bytes}b`, '-n', name, group]);
  return {
    toolName(source) {
      if (source.type !== 'block') throw new Error(`a ${source.type} is no volume`);
      return source.path;
    },
    async names(instanceId) {
      const prefix = `${instanceId}_`;
      const { stdout } = await exec('lvs', ['--reportformat', 'json', '-o', 'lv_name,pool_lv', group]);
      const { report } = JSON.parse(stdout) as { report: { lv: { lv_name: string; pool_lv: string }[] }[] };
      const volumes = report.flatMap(({ lv }) => lv);
      // A pool in use is part of its disk.
      const used = new Set(volumes.map(({ pool_lv: pool }) => pool));
      const own = volumes.filter(({ lv_name: name }) => name.startsWith(prefix) && !used.has(name));
      return own.map(({ lv_name: name }) => name.slice(prefix.length).replaceAll('__', '_'));
    },
    async plant({ instanceId, name }, path) {
      const volume = nameOf(instanceId, name);
      await create(volume, (await stat(path)).size);
      const device = join('/dev', group, volume);
      // Whoever has such a disk has it encrypted as well.
      if (encryption) await exec('cryptsetup', ['create', `${volume}-dmcrypt`, device, ...CIPHER], { input: KEY });
      const target = encryption ? join('/dev/mapper', `${volume}-dmcrypt`) : device;
      await exec('dd', [`if=${path}`, `of=${target}`, 'bs=64k', 'conv=fsync']);
    },
    plantDraft: async ({ instanceId, name }) => {
      await create(`${nameOf(instanceId, name)}+draft-0123456789ab`, 1024 ** 2);
    },
  };
}
