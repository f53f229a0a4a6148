import { oneOf, openOneOf, str, u64, uint, uuid, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { namespace } from '../dsl/name.ts';
import { PciSourceAddress } from './address.ts';
import { Initiator, Size } from './common.ts';
import { StoragePermissions } from './storage-volume.ts';

const fs = namespace('fs', 'http://libvirt.org/schemas/storagepool/fs/1.0');
const rbd = namespace('rbd', 'http://libvirt.org/schemas/storagepool/rbd/1.0');

const auth = el('auth', {
  type: attr('type', oneOf('chap', 'ceph')),
  username: attr('username', str),
  secret: kid(el('secret', { uuid: opt(attr('uuid', uuid)), usage: opt(attr('usage', str)) })),
});
/** User and libvirt secret of a storage server. */
export interface PoolAuth extends Infer<typeof auth> {}
export const PoolAuth: El<PoolAuth> = auth;

const host = el('host', { name: attr('name', str), port: opt(attr('port', uint)) });
const device = el('device', {
  path: attr('path', str),
  partSeparator: opt(attr('part_separator', yesNo)),
  /** Parts of the device that no volume uses, in bytes. */
  freeExtents: kids(el('freeExtent', { start: attr('start', u64), end: attr('end', u64) })),
});
const adapter = el('adapter', {
  type: opt(attr('type', oneOf('scsi_host', 'fc_host'))),
  name: opt(attr('name', str)),
  parent: opt(attr('parent', str)),
  parentWwnn: opt(attr('parent_wwnn', str)),
  parentWwpn: opt(attr('parent_wwpn', str)),
  parentFabricWwn: opt(attr('parent_fabric_wwn', str)),
  managed: opt(attr('managed', yesNo)),
  wwnn: opt(attr('wwnn', str)),
  wwpn: opt(attr('wwpn', str)),
  parentaddr: opt(kid(el('parentaddr', { uniqueId: opt(attr('unique_id', uint)), address: kid(PciSourceAddress) }))),
});

const source = el('source', {
  hosts: kids(host),
  devices: kids(device),
  dir: opt(kid(el('dir', { path: attr('path', str) }))),
  adapter: opt(kid(adapter)),
  /** Name of the volume group, the Ceph pool, the Gluster volume or the like. */
  name: opt(leaf('name', str)),
  initiator: opt(kid(Initiator)),
  format: opt(kid(el('format', { type: attr('type', openOneOf('auto', 'nfs', 'ext4', 'xfs', 'lvm2', 'dos', 'gpt')) }))),
  protocol: opt(kid(el('protocol', { ver: attr('ver', str) }))),
  auth: opt(kid(PoolAuth)),
  vendor: opt(kid(el('vendor', { name: attr('name', str) }))),
  product: opt(kid(el('product', { name: attr('name', str) }))),
});
/** Where a pool has its space from; which fields mean something, the pool's type says. */
export interface PoolSource extends Infer<typeof source> {}
export const PoolSource: El<PoolSource> = source;

const target = el('target', { path: opt(leaf('path', str)), permissions: opt(kid(StoragePermissions)) });
/** Where a pool's volumes are on the host. */
export interface PoolTarget extends Infer<typeof target> {}
export const PoolTarget: El<PoolTarget> = target;

const features = el('features', { cow: opt(kid(el('cow', { state: attr('state', yesNo) }))) });
const mountOptions = el(fs('mount_opts'), { options: kids(el(fs('option'), { name: attr('name', str) })) });
/** Options of `mount`. */
export interface MountOptions extends Infer<typeof mountOptions> {}
export const MountOptions: El<MountOptions> = mountOptions;

const rbdOptions = el(rbd('config_opts'), {
  options: kids(el(rbd('option'), { name: attr('name', str), value: attr('value', str) })),
});

const local = { target: opt(kid(PoolTarget)) } as const;
const mounted = { ...local, mountOptions: opt(kid(MountOptions)) } as const;
const variants = {
  dir: local,
  fs: mounted,
  netfs: mounted,
  logical: local,
  disk: local,
  iscsi: local,
  'iscsi-direct': {},
  scsi: local,
  mpath: local,
  rbd: { configOptions: opt(kid(rbdOptions)) },
  sheepdog: {},
  gluster: {},
  zfs: local,
  vstorage: local,
} as const;

const pool = union(
  'pool',
  'type',
  {
    name: opt(leaf('name', str)),
    uuid: opt(leaf('uuid', uuid)),
    /** Sizes are in bytes unless `unit` says otherwise; libvirt's to say. */
    capacity: opt(kid(Size, 'capacity')),
    allocation: opt(kid(Size, 'allocation')),
    available: opt(kid(Size, 'available')),
    features: opt(kid(features)),
    source: opt(kid(PoolSource)),
    target: slot,
    refresh: opt(
      kid(
        el('refresh', {
          volume: opt(kid(el('volume', { allocation: opt(attr('allocation', oneOf('default', 'capacity'))) }))),
        }),
      ),
    ),
    mountOptions: slot,
    configOptions: slot,
  },
  variants,
);
/** A pool of storage volumes: https://libvirt.org/formatstorage.html#storage-pool-xml */
export type StoragePool = Alternatives<Infer<typeof pool>>;
export const StoragePool: El<StoragePool> = pool;
