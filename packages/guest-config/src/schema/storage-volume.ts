import { int, openOneOf, str, u64 } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, flag, kid, kids, leaf, opt } from '../dsl/field.ts';
import { Encryption, Size } from './common.ts';

const permissions = el('permissions', {
  /** Octal, as `chmod` takes it: `0644`. */
  mode: opt(leaf('mode', str)),
  /** The user's number; -1 stands for the one of libvirtd. */
  owner: opt(leaf('owner', int)),
  group: opt(leaf('group', int)),
  label: opt(leaf('label', str)),
});
/** Who may use a file or directory of a pool. */
export interface StoragePermissions extends Infer<typeof permissions> {}
export const StoragePermissions: El<StoragePermissions> = permissions;

/** Seconds since 1970, with nanoseconds behind the point: more digits than a number holds. */
const timestamps = el('timestamps', {
  atime: opt(leaf('atime', str)),
  mtime: opt(leaf('mtime', str)),
  ctime: opt(leaf('ctime', str)),
  btime: opt(leaf('btime', str)),
});
const format = el('format', {
  type: attr('type', openOneOf('raw', 'qcow2', 'qed', 'vmdk', 'vdi', 'vhd', 'vpc', 'luks', 'ploop', 'iso', 'dir')),
});

const target = el('target', {
  path: opt(leaf('path', str)),
  format: opt(kid(format)),
  permissions: opt(kid(StoragePermissions)),
  timestamps: opt(kid(timestamps)),
  encryption: opt(kid(Encryption)),
  /** Version of the qcow2 format: `0.10` or `1.1`. */
  compat: opt(leaf('compat', str)),
  nocow: flag('nocow'),
  clusterSize: opt(kid(Size, 'clusterSize')),
  features: opt(kid(el('features', { lazyRefcounts: flag('lazy_refcounts'), extendedL2: flag('extended_l2') }))),
});
/** The volume on the host. */
export interface VolumeTarget extends Infer<typeof target> {}
export const VolumeTarget: El<VolumeTarget> = target;

const backing = el('backingStore', {
  path: leaf('path', str),
  format: opt(kid(format)),
  permissions: opt(kid(StoragePermissions)),
  timestamps: opt(kid(timestamps)),
});
const device = el('device', {
  path: attr('path', str),
  /** Parts of the device, in bytes. */
  extents: kids(el('extent', { start: attr('start', u64), end: attr('end', u64) })),
});

const volume = el('volume', {
  type: opt(attr('type', openOneOf('file', 'block', 'dir', 'network', 'netdir', 'ploop'))),
  name: leaf('name', str),
  key: opt(leaf('key', str)),
  source: opt(kid(el('source', { devices: kids(device) }))),
  /** Sizes are in bytes unless `unit` says otherwise. */
  capacity: opt(kid(Size, 'capacity')),
  allocation: opt(kid(Size, 'allocation')),
  physical: opt(kid(Size, 'physical')),
  target: opt(kid(VolumeTarget)),
  backingStore: opt(kid(backing)),
});
/** A volume of a storage pool: https://libvirt.org/formatstorage.html#storage-volume-xml */
export interface StorageVolume extends Infer<typeof volume> {}
export const StorageVolume: El<StorageVolume> = volume;
