import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImage } from '@spawnkit/image-backend';
import { noFirewall } from '@spawnkit/vif';
import { ensureConsoleLog } from '../../src/spawn/console-file.ts';
import type { SpawnParts } from '../../src/spawn/parts.ts';
import { removeAllBut } from '../../src/instance/instance-path.ts';
import { removeInstancePath } from '../../src/instance/kept-disks.ts';
import type { Storage } from '../../src/spawn/storage.ts';
import { type Faults, InjectedError } from './recorded-fault.ts';
import type { RecordedStep, SpawnInput } from './recorded-spawn-case.ts';

/** What a case is played with. */
export interface PartsOfCase {
  readonly input: SpawnInput;
  readonly faults: Faults;
  /** Writes a step down, and lets the events that belong to it come. */
  readonly step: (step: RecordedStep) => void;
  /** Index of a VIF by its id. */
  readonly vifIndex: (id: string) => number;
  readonly instancesPath: string;
}

/** The parts of a spawn as recorders, which fail where the case says so. Files of the instance are real. */
export function recordedParts({ input, faults, step, vifIndex, instancesPath }: PartsOfCase): SpawnParts {
  const fail = (name: string) => {
    const raised = faults.of(name);
    if (raised !== undefined) throw new InjectedError(raised);
  };
  const act = (recorded: RecordedStep) => {
    step(recorded);
    fail(typeof recorded === 'string' ? recorded : (Object.keys(recorded)[0] ?? ''));
  };
  return {
    openStorage: async () => recordedStorage({ input, act, instancesPath, fail }),
    async ensureConsoleLog(path) {
      act('ensure_console_log');
      // What Nova does next; we have no mediated devices.
      fail('allocate_mdevs');
      fail('get_guest_xml.begin');
      await ensureConsoleLog(path);
    },
    async removeInstancePath(path, before) {
      if (!before) act('delete_instance_files');
      await (before ? removeAllBut(before, path) : removeInstancePath(path));
    },
    async createConfigDrive(_, { path }) {
      act('create_configdrive');
      await writeFile(path, 'config-2');
    },
    async checkVif() {},
    async plug(vif) {
      act({ 'vif.plug': { vif: vifIndex(vif.id) } });
      return [];
    },
    async unplug(vif) {
      act({ 'vif.unplug': { vif: vifIndex(vif.id) } });
    },
    async setUpLxcRoot(_, { target }) {
      act('lxc.setup_container');
      await mkdir(target, { recursive: true });
      return target;
    },
    async releaseLxcRoot() {
      act('lxc.clean_namespace');
    },
    async tearDownLxcRoot() {
      act('lxc.teardown_container');
    },
    volumes: {
      check() {},
      async connect({ connectionInfo, holder }) {
        const volume = String(connectionInfo.volumeId);
        act({ 'volume.connect': { volume } });
        const source = { type: 'block', path: `/dev/mapper/${volume}`, format: 'raw' } as const;
        return { connected: { connectionInfo, holder }, source };
      },
      async disconnect({ connectionInfo }) {
        act({ 'volume.disconnect': { volume: String(connectionInfo.volumeId), force: true } });
      },
    },
    firewalls: { nwfilter: noFirewall, iptables: noFirewall },
  };
}

interface StorageOfCase {
  readonly input: SpawnInput;
  readonly act: (step: RecordedStep) => void;
  readonly fail: (name: string) => void;
  readonly instancesPath: string;
}

/** Only what a spawn asks of its storage; everything else is not there, and would be noticed. */
function recordedStorage({ input, act, fail, instancesPath }: StorageOfCase): Storage {
  const imagesType = `${input.config?.['libvirt.images_type'] ?? 'default'}`;
  const inInstancePath = !['lvm', 'rbd'].includes(imagesType);
  const path = ({ instanceId, name }: { instanceId: string; name: string }) => join(instancesPath, instanceId, name);
  const disks = {
    capabilities: { inInstancePath },
    exists: async () => input.created_disks === false,
    create({ disk }: { disk: { instanceId: string; name: string } }) {
      act('create_image');
      return inInstancePath ? writeFile(path(disk), 'a disk') : Promise.resolve();
    },
    source(disk: { instanceId: string; name: string }) {
      fail('get_guest_xml.end');
      return { type: 'file', path: path(disk), format: 'raw' };
    },
    async remove() {
      act(`cleanup_${imagesType}`);
    },
  };
  const cache = { pull: async () => baseImage };
  // What is left out is not called.
  return { cache, disks, files: disks } as unknown as Storage;
}

const baseImage: BaseImage = {
  name: 'base',
  path: '/images/base',
  format: 'raw',
  virtualSize: 1n << 20n,
  fileBytes: 1n << 20n,
  sha256: '0'.repeat(64),
  fromCache: true,
};
