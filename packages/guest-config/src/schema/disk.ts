import { int, oneOf, onOff, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, needs, ruled, union } from '../dsl/el.ts';
import { attr, flag, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, Auth, BackendDomain, Boot, Encryption, IoThreadMapping, MetadataCache } from './common.ts';
import { BackingStore, ImageFormat, imageFormat, sourceVariants } from './disk-source.ts';

const driver = el('driver', {
  name: opt(attr('name', str)),
  type: opt(attr('type', imageFormat)),
  cache: opt(attr('cache', oneOf('default', 'none', 'writethrough', 'writeback', 'directsync', 'unsafe'))),
  errorPolicy: opt(attr('error_policy', oneOf('stop', 'report', 'ignore', 'enospace'))),
  rerrorPolicy: opt(attr('rerror_policy', oneOf('stop', 'report', 'ignore'))),
  io: opt(attr('io', oneOf('native', 'threads', 'io_uring'))),
  ioeventfd: opt(attr('ioeventfd', onOff)),
  eventIdx: opt(attr('event_idx', onOff)),
  copyOnRead: opt(attr('copy_on_read', onOff)),
  discard: opt(attr('discard', oneOf('unmap', 'ignore'))),
  discardNoUnref: opt(attr('discard_no_unref', onOff)),
  detectZeroes: opt(attr('detect_zeroes', oneOf('off', 'on', 'unmap'))),
  iothread: opt(attr('iothread', uint)),
  queues: opt(attr('queues', uint)),
  queueSize: opt(attr('queue_size', uint)),
  iommu: opt(attr('iommu', onOff)),
  ats: opt(attr('ats', onOff)),
  packed: opt(attr('packed', onOff)),
  pagePerVq: opt(attr('page_per_vq', onOff)),
  iothreads: opt(kid(IoThreadMapping)),
  metadataCache: opt(kid(MetadataCache)),
});
/**
 * How the hypervisor opens and serves an image: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 */
export interface DiskDriver extends Infer<typeof driver> {}
export const DiskDriver: El<DiskDriver> = driver;

const target = el('target', {
  dev: attr('dev', str),
  bus: opt(attr('bus', openOneOf('virtio', 'scsi', 'ide', 'sata', 'usb', 'fdc', 'sd', 'xen', 'uml'))),
  tray: opt(attr('tray', oneOf('open', 'closed'))),
  removable: opt(attr('removable', onOff)),
  rotationRate: opt(attr('rotation_rate', uint)),
});
/** Device name (a hint only) and bus of a disk. */
export interface DiskTarget extends Infer<typeof target> {}
export const DiskTarget: El<DiskTarget> = target;

/** Limits of a disk or of a throttle group. */
const limits = {
  totalBytesSec: opt(leaf('total_bytes_sec', uint)),
  readBytesSec: opt(leaf('read_bytes_sec', uint)),
  writeBytesSec: opt(leaf('write_bytes_sec', uint)),
  totalIopsSec: opt(leaf('total_iops_sec', uint)),
  readIopsSec: opt(leaf('read_iops_sec', uint)),
  writeIopsSec: opt(leaf('write_iops_sec', uint)),
  totalBytesSecMax: opt(leaf('total_bytes_sec_max', uint)),
  readBytesSecMax: opt(leaf('read_bytes_sec_max', uint)),
  writeBytesSecMax: opt(leaf('write_bytes_sec_max', uint)),
  totalIopsSecMax: opt(leaf('total_iops_sec_max', uint)),
  readIopsSecMax: opt(leaf('read_iops_sec_max', uint)),
  writeIopsSecMax: opt(leaf('write_iops_sec_max', uint)),
  sizeIopsSec: opt(leaf('size_iops_sec', uint)),
  groupName: opt(leaf('group_name', str)),
  totalBytesSecMaxLength: opt(leaf('total_bytes_sec_max_length', uint)),
  readBytesSecMaxLength: opt(leaf('read_bytes_sec_max_length', uint)),
  writeBytesSecMaxLength: opt(leaf('write_bytes_sec_max_length', uint)),
  totalIopsSecMaxLength: opt(leaf('total_iops_sec_max_length', uint)),
  readIopsSecMaxLength: opt(leaf('read_iops_sec_max_length', uint)),
  writeIopsSecMaxLength: opt(leaf('write_iops_sec_max_length', uint)),
} as const;

const ioTune = el('iotune', limits);
/** Bytes and operations a second, and lengths of bursts in seconds. */
export interface IoTune extends Infer<typeof ioTune> {}
export const IoTune: El<IoTune> = ioTune;

const mirror = union(
  'mirror',
  'type',
  {
    file: opt(attr('file', str)),
    formatName: opt(attr('format', imageFormat)),
    job: opt(attr('job', oneOf('copy', 'active-commit'))),
    ready: opt(attr('ready', oneOf('yes', 'abort', 'pivot'))),
    format: opt(kid(ImageFormat)),
    source: slot,
    backingStore: opt(kid(BackingStore)),
  },
  sourceVariants,
  'file',
);
/** The other side of a running copy job; libvirt prints it and ignores it on input. */
export type Mirror = Alternatives<Infer<typeof mirror>>;
export const Mirror: El<Mirror> = mirror;

const disk = ruled(
  union(
    'disk',
    'type',
    {
      device: opt(attr('device', oneOf('disk', 'cdrom', 'floppy', 'lun'))),
      model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
      rawio: opt(attr('rawio', yesNo)),
      sgio: opt(attr('sgio', oneOf('filtered', 'unfiltered'))),
      snapshot: opt(attr('snapshot', oneOf('no', 'internal', 'external', 'manual'))),
      driver: opt(kid(DiskDriver)),
      auth: opt(kid(Auth)),
      source: slot,
      backingStore: opt(kid(BackingStore)),
      backendDomain: opt(kid(BackendDomain)),
      mirror: opt(kid(Mirror)),
      geometry: opt(
        kid(
          el('geometry', {
            cyls: attr('cyls', int),
            heads: attr('heads', int),
            secs: attr('secs', int),
            trans: opt(attr('trans', oneOf('auto', 'lba', 'none'))),
          }),
        ),
      ),
      blockio: opt(
        kid(
          el('blockio', {
            logicalBlockSize: opt(attr('logical_block_size', int)),
            physicalBlockSize: opt(attr('physical_block_size', int)),
            discardGranularity: opt(attr('discard_granularity', int)),
          }),
        ),
      ),
      target: opt(kid(DiskTarget)),
      iotune: opt(kid(IoTune)),
      throttleFilters: opt(
        kid(el('throttlefilters', { filters: kids(el('throttlefilter', { group: attr('group', str) })) })),
      ),
      readonly: flag('readonly'),
      shareable: flag('shareable'),
      transient: opt(kid(el('transient', { shareBacking: opt(attr('shareBacking', yesNo)) }))),
      serial: opt(leaf('serial', str)),
      wwn: opt(leaf('wwn', str)),
      vendor: opt(leaf('vendor', str)),
      product: opt(leaf('product', str)),
      encryption: opt(kid(Encryption)),
      boot: opt(kid(Boot)),
      acpi: opt(kid(AcpiIndex)),
      alias: opt(kid(Alias)),
      address: opt(kid(Address)),
      privateData: flag('privateData'),
    },
    sourceVariants,
    'file',
  ),
  needs('target', 'the element <target>'),
  needs('source', 'the element <source>', ({ type }) => type === 'network'),
  {
    field: 'device',
    expected: 'disk, cdrom or floppy, unless the source is a block device, a volume or on the network',
    holds: ({ type, device }) => device !== 'lun' || type === 'block' || type === 'network' || type === 'volume',
  },
);
/**
 * A disk, CD-ROM or floppy; `type` says what its source is:
 * https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
 */
export type Disk = Alternatives<Infer<typeof disk>>;
export const Disk: El<Disk> = disk;

const throttleGroup = el('throttlegroup', limits);
/** Limits that several disks share by name. */
export interface ThrottleGroup extends Infer<typeof throttleGroup> {}
export const ThrottleGroup: El<ThrottleGroup> = throttleGroup;
