import { join } from 'node:path';
import type { Exec } from '@spawnkit/effects';
import { describe, test } from 'vitest';
import { aVolume } from '../../test/a-volume.ts';
import { fcHost } from '../../test/doubles/fc-host.ts';
import { iscsiHost } from '../../test/doubles/iscsi-host.ts';
import { memorySecrets } from '../../test/doubles/memory-secrets.ts';
import { nvmeHost } from '../../test/doubles/nvme-host.ts';
import { shareHost } from '../../test/doubles/share-host.ts';
import { vendorHost } from '../../test/doubles/vendor-host.ts';
import {
  createFibreChannelConnector,
  createIscsiConnector,
  createLightosConnector,
  createNfsConnector,
  createNvmeConnector,
  createQemuConnector,
  createQuobyteConnector,
  createScaleioConnector,
  createSmbfsConnector,
  createStorpoolConnector,
  createVzstorageConnector,
  passiveConnector,
  pstorageConnector,
  type ShareOptions,
  type VolumeConnector,
} from '../index.ts';
import { connectorContract, type ConnectorSetup } from '../testing/index.ts';

const uuids = ['2a0a0f6c-babf-454d-b93e-9ac9957b95e0', '77777777-babf-454d-b93e-9ac9957b95e0'] as const;

const setups: Readonly<Record<string, ConnectorSetup>> = {
  iscsi,
  nvmeof: nvme,
  fibre_channel: fibreChannel,
  nfs: (wrap) => share(wrap, 'nfs', createNfsConnector, { export: 'nfs.example.com:/export/vols', name: 'volume-1' }),
  smbfs: (wrap) =>
    share(wrap, 'smbfs', createSmbfsConnector, {
      export: '//smb.example.com/share',
      name: 'volume.vhd',
      options: '-o username=DOM\\user,password=s3cret',
    }),
  quobyte: (wrap) =>
    share(wrap, 'quobyte', (options) => createQuobyteConnector({ ...options, systemd: false, sizeOf: async () => 0 }), {
      export: 'quobyte://192.168.1.1/vol',
      name: 'volume-1',
    }),
  vzstorage: (wrap) =>
    share(wrap, 'vzstorage', (options) => createVzstorageConnector({ mounter: pstorageConnector(options) }), {
      export: 'mds1,mds2:/cluster:s3cret',
      name: 'volume-1',
    }),
  storpool: (wrap) => vendor(wrap, 'storpool'),
  scaleio: (wrap) => vendor(wrap, 'scaleio'),
  lightos: (wrap) => vendor(wrap, 'lightos'),
  qemu,
  local: async () => ({
    connector: passiveConnector,
    volume: aVolume('local', { device_path: '/dev/vg/lv' }),
    snapshot: async () => undefined,
    async [Symbol.asyncDispose]() {},
  }),
};

for (const [type, setup] of Object.entries(setups)) {
  describe(`the contract of connectors holds for ${type}`, () => {
    for (const { name, run } of connectorContract(setup)) test(name, run);
  });
}

async function iscsi(wrap: (exec: Exec) => Exec) {
  const host = await iscsiHost({ password: 's3cret', units: [1, 2] });
  const data = {
    target_portal: '10.0.0.5:3260',
    target_iqn: 'iqn.2010-10.org.openstack:volume-1',
    auth_method: 'CHAP',
    auth_username: 'u',
    auth_password: 's3cret',
  };
  return {
    connector: createIscsiConnector({ ...host, exec: wrap(host.exec) }),
    volume: aVolume('iscsi', { ...data, target_lun: 1, volume_id: uuids[0] }),
    sibling: aVolume('iscsi', { ...data, target_lun: 2, volume_id: uuids[1] }),
    snapshot: () => host.snapshot(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function nvme(wrap: (exec: Exec) => Exec) {
  const host = await nvmeHost({ uuids, addresses: ['10.0.0.8'] });
  const data = { target_nqn: 'nqn.2014-08.org:nvme:1', portals: [['10.0.0.8', '4420', 'tcp']] };
  return {
    connector: createNvmeConnector({ ...host, exec: wrap(host.exec), scanAttempts: 1 }),
    volume: aVolume('nvmeof', { ...data, vol_uuid: uuids[0], volume_id: uuids[0] }),
    sibling: aVolume('nvmeof', { ...data, vol_uuid: uuids[1], volume_id: uuids[1] }),
    snapshot: () => host.snapshot(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function fibreChannel(wrap: (exec: Exec) => Exec) {
  const host = await fcHost({ port: '0x5006016000000001', units: [3, 4] });
  const volume = (unit: number, id: string) =>
    aVolume('fibre_channel', { target_wwn: ['5006016000000001'], target_lun: unit, volume_id: id });
  return {
    connector: createFibreChannelConnector({ ...host, exec: wrap(host.exec) }),
    volume: volume(3, uuids[0]),
    sibling: volume(4, uuids[1]),
    snapshot: () => host.snapshot(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function share(
  wrap: (exec: Exec) => Exec,
  type: string,
  create: (options: ShareOptions) => VolumeConnector,
  data: Readonly<Record<string, string>>,
) {
  const host = await shareHost();
  const { holdsPath, locksPath, mounts } = host;
  const mountPointBase = join(host.path, 'mnt');
  return {
    connector: create({ exec: wrap(host.exec), mountPointBase, holdsPath, locksPath, mounts }),
    volume: aVolume(type, data, uuids[0]),
    sibling: aVolume(type, { ...data, name: 'another' }, uuids[1]),
    snapshot: () => host.snapshot(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function vendor(wrap: (exec: Exec) => Exec, type: 'storpool' | 'scaleio' | 'lightos') {
  const host = await vendorHost();
  const options = { ...host, exec: wrap(host.exec), scanAttempts: 2 };
  const connectors = {
    storpool: createStorpoolConnector(options),
    scaleio: createScaleioConnector(options),
    lightos: createLightosConnector(options),
  };
  return {
    connector: connectors[type],
    volume: host.volumes[type],
    snapshot: () => host.snapshot(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function qemu() {
  const secrets = memorySecrets();
  const data = {
    protocol: 'iscsi',
    name: 'iqn.2010-10.org.openstack:volume-1/1',
    hosts: ['10.0.0.5'],
    ports: [3260],
    auth_username: 'u',
    auth_password: 's3cret',
  };
  return {
    connector: createQemuConnector({ secrets }),
    volume: aVolume('qemu', { ...data, volume_id: uuids[0] }),
    sibling: aVolume('qemu', { ...data, volume_id: uuids[1] }),
    snapshot: async () => [...secrets.values],
    async [Symbol.asyncDispose]() {},
  };
}
