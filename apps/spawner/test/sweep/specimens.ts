import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabCeph } from '../../../../packages/image-backend/test/ceph.ts';
import { idleSpec } from '../idle-spec.ts';
import type { Tiny } from '../integration/lab.ts';
import { novaId, uniqueName } from '../integration/workspace.ts';
import type { Specimen } from './lane.ts';

/** The least that has every step but the optional ones: for sweeps that have to be short. */
export const plainSpecimen: Specimen = {
  settings: {},
  launch: async (workspace) => [await idleSpec(workspace, uniqueName('swept'))],
};

/** All kinds of local disks, and config drive, kernel and ramdisk beside them. */
const disks = 'flavor: { memory: 32MiB, disk: 64MiB, ephemeral: 1GiB, swap: 16MiB }';

/** Steps that depend on where disks are. */
const own = /^(?:header|reopened|committed|child)|disks$|files$|instance-path$/;

/** Disks in overlays, an encrypted volume of another machine, traffic that is filtered, a TPM. */
export function overlaySpecimen(volume: string): Specimen {
  const more = `${disks}
networks: [{ network: spawnkit, filter: true }]
volumes: [${volume}]
tpm: true
securityGroups: [{ protocol: tcp, ports: 22 }]
`;
  return { settings: {}, launch: async (workspace) => [await idleSpec(workspace, uniqueName('swept'), more)] };
}

/** Disks in raw files, and a bridge that is made for it, as Nova asks for it; it boots from its disk. */
export function rawSpecimen(tiny: Tiny): Specimen {
  const uuid = randomUUID();
  const sizes = { vcpus: 1, memory_mb: 32, root_gb: 1, ephemeral_gb: 1 };
  const network = {
    id: randomUUID(),
    bridge: `brq${uuid.slice(0, 11)}`,
    label: 'swept',
    meta: { should_create_bridge: true },
  };
  const request = {
    instance: {
      id: novaId,
      uuid,
      display_name: 'swept',
      hostname: 'swept',
      image_ref: uuid,
      config_drive: 'True',
      ...sizes,
    },
    flavor: { name: 'swept', swap: 16, ...sizes },
    image_meta: { id: uuid, disk_format: 'qcow2', properties: {} },
    network_info: [{ id: randomUUID(), type: 'bridge', address: 'fa:16:3e:00:00:01', network }],
    block_device_info: { swap: { device_name: '/dev/vdc', swap_size: 16 } },
    image: tiny.image,
  };
  return {
    settings: { imagesType: 'raw' },
    own,
    async launch({ directory }) {
      const path = join(directory, 'nova.json');
      await writeFile(path, JSON.stringify(request));
      return ['--nova', path];
    },
  };
}

/** Disks in the lab's Ceph; the root disk is a clone of `parent`'s snapshot `snap`. */
export function rbdSpecimen({ cluster, client, secretUuid, rbd }: LabCeph, parent: string): Specimen {
  const more = `${disks}
image: rbd://${cluster.fsid}/${parent}/snap
networks: [{ network: spawnkit, filter: true }]
`;
  const ask = async <T>(...args: readonly string[]) => JSON.parse(await rbd(...args, '--format', 'json')) as T;
  return {
    settings: { imagesType: 'rbd', imagesRbdPool: 'vms', rbdSecretUuid: secretUuid, ...client },
    own,
    launch: async (workspace) => [await idleSpec(workspace, uniqueName('swept'), more)],
    stored: async () => {
      const images = await ask<readonly { image: string; size: number; snapshot?: string }[]>('ls', '-l', 'vms');
      return images.map(({ image, snapshot = '', size }) => `${image}@${snapshot} ${size}`).sort();
    },
    root: async (uuid) => (await ask<{ id: string }>('info', `vms/${uuid}_disk`)).id,
  };
}
