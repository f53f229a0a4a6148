import { int, oneOf, openOneOf, str, u64, uint, yesNo } from '../dsl/codec.ts';
import { el, type El, type Extra, type Id, type Infer, needs, ruled, union } from '../dsl/el.ts';
import { attr, flag, kid, kids, later, opt, type Shape, slot, text } from '../dsl/field.ts';
import { PciSourceAddress } from './address.ts';
import { Auth, DeviceSeclabel, Encryption, Initiator, MetadataCache, Reconnect } from './common.ts';

/** Formats of disk images libvirt knows. */
export const imageFormat = openOneOf('raw', 'qcow2', 'qed', 'vmdk', 'vdi', 'vhd', 'vpc', 'luks', 'ploop', 'iso', 'dir');

const reservations = el('reservations', {
  enabled: opt(attr('enabled', yesNo)),
  managed: opt(attr('managed', yesNo)),
  migration: opt(attr('migration', yesNo)),
  source: opt(
    kid(
      el('source', {
        type: opt(attr('type', str)),
        path: opt(attr('path', str)),
        mode: opt(attr('mode', str)),
        reconnect: opt(kid(Reconnect)),
      }),
    ),
  ),
});
/** SCSI persistent reservations. */
export interface Reservations extends Infer<typeof reservations> {}
export const Reservations: El<Reservations> = reservations;

const networkHost = el('host', {
  transport: opt(attr('transport', oneOf('tcp', 'rdma', 'unix'))),
  name: opt(attr('name', str)),
  port: opt(attr('port', int)),
  socket: opt(attr('socket', str)),
});
/** One server of a network disk. */
export interface NetworkHost extends Infer<typeof networkHost> {}
export const NetworkHost: El<NetworkHost> = networkHost;

const slices = el('slices', {
  slice: kid(
    el('slice', { type: attr('type', oneOf('storage')), offset: attr('offset', u64), size: attr('size', u64) }),
  ),
});
/** The part of the source, in bytes, that holds the disk. */
export interface Slices extends Infer<typeof slices> {}
export const Slices: El<Slices> = slices;

/** The fields every kind of source has around its own ones, in libvirt's order. */
function source<const Own extends Shape>(own: Own) {
  return el('source', {
    ...own,
    index: opt(attr('index', uint)),
    startupPolicy: opt(attr('startupPolicy', oneOf('mandatory', 'requisite', 'optional'))),
    dataStore: opt(later((): El<DataStore> => DataStore)),
    slices: opt(kid(Slices)),
    reservations: opt(kid(Reservations)),
    encryption: opt(kid(Encryption)),
    privateData: flag('privateData'),
    seclabels: kids(DeviceSeclabel),
  });
}

const fileSource = source({ file: opt(attr('file', str)), fdgroup: opt(attr('fdgroup', str)) });
/** A file of the host. */
export interface FileSource extends Infer<typeof fileSource> {}
export const FileSource: El<FileSource> = fileSource;

const blockSource = source({ dev: opt(attr('dev', str)) });
/** A block device of the host. */
export interface BlockSource extends Infer<typeof blockSource> {}
export const BlockSource: El<BlockSource> = blockSource;

const dirSource = source({ dir: attr('dir', str) });
/** A directory that QEMU shows as a FAT file system. */
export interface DirSource extends Infer<typeof dirSource> {}
export const DirSource: El<DirSource> = dirSource;

const networkSource = ruled(
  source({
    protocol: attr(
      'protocol',
      oneOf('rbd', 'nbd', 'iscsi', 'gluster', 'sheepdog', 'http', 'https', 'ftp', 'ftps', 'tftp', 'ssh', 'nfs', 'vxhs'),
    ),
    name: opt(attr('name', str)),
    query: opt(attr('query', str)),
    tls: opt(attr('tls', yesNo)),
    tlsHostname: opt(attr('tlsHostname', str)),
    hosts: kids(NetworkHost),
    snapshot: opt(kid(el('snapshot', { name: attr('name', str) }))),
    config: opt(kid(el('config', { file: attr('file', str) }))),
    initiator: opt(kid(Initiator)),
    ssl: opt(kid(el('ssl', { verify: attr('verify', yesNo) }))),
    cookies: opt(kid(el('cookies', { cookies: kids(el('cookie', { name: attr('name', str), value: text(str) })) }))),
    readahead: opt(kid(el('readahead', { size: attr('size', uint) }))),
    timeout: opt(kid(el('timeout', { seconds: attr('seconds', uint) }))),
    reconnect: opt(kid(Reconnect)),
    identity: opt(
      kid(
        el('identity', {
          user: opt(attr('user', str)),
          group: opt(attr('group', str)),
          username: opt(attr('username', str)),
          keyfile: opt(attr('keyfile', str)),
          agentsock: opt(attr('agentsock', str)),
        }),
      ),
    ),
    knownHosts: opt(kid(el('knownHosts', { path: attr('path', str) }))),
    auth: opt(kid(Auth)),
  }),
  needs('hosts', 'a <host>', ({ protocol }) => protocol !== 'rbd' && protocol !== 'sheepdog' && protocol !== 'vxhs'),
);
/** A disk that a storage server holds. */
export interface NetworkSource extends Infer<typeof networkSource> {}
export const NetworkSource: El<NetworkSource> = networkSource;

const volumeSource = source({
  pool: attr('pool', str),
  volume: attr('volume', str),
  mode: opt(attr('mode', oneOf('host', 'direct'))),
});
/** A volume of a libvirt storage pool. */
export interface VolumeSource extends Infer<typeof volumeSource> {}
export const VolumeSource: El<VolumeSource> = volumeSource;

const nvmeSource = source({
  type: opt(attr('type', oneOf('pci'))),
  managed: opt(attr('managed', yesNo)),
  namespace: attr('namespace', uint),
  address: opt(kid(PciSourceAddress)),
});
/** A namespace of an NVMe controller of the host. */
export interface NvmeSource extends Infer<typeof nvmeSource> {}
export const NvmeSource: El<NvmeSource> = nvmeSource;

const vhostUserSource = source({
  type: attr('type', oneOf('unix')),
  path: attr('path', str),
  reconnect: opt(kid(Reconnect)),
});
/** A vhost-user server's socket. */
export interface VhostUserSource extends Infer<typeof vhostUserSource> {}
export const VhostUserSource: El<VhostUserSource> = vhostUserSource;

const vhostVdpaSource = source({ dev: attr('dev', str) });
/** A vDPA device of the host. */
export interface VhostVdpaSource extends Infer<typeof vhostVdpaSource> {}
export const VhostVdpaSource: El<VhostVdpaSource> = vhostVdpaSource;

const variants = {
  file: { source: opt(kid(FileSource)) },
  block: { source: opt(kid(BlockSource)) },
  dir: { source: opt(kid(DirSource)) },
  network: { source: opt(kid(NetworkSource)) },
  volume: { source: opt(kid(VolumeSource)) },
  nvme: { source: opt(kid(NvmeSource)) },
  vhostuser: { source: opt(kid(VhostUserSource)) },
  vhostvdpa: { source: opt(kid(VhostVdpaSource)) },
} as const;
/** What `type` says about the source of a disk, a backing image, a mirror or NVRAM. */
export interface SourceVariants extends Id<typeof variants> {}
export const sourceVariants: SourceVariants = variants;

const format = el('format', { type: attr('type', imageFormat), metadataCache: opt(kid(MetadataCache)) });
/** Format of an image in a chain. */
export interface ImageFormat extends Infer<typeof format> {}
export const ImageFormat: El<ImageFormat> = format;

/** The source of each type of disk. Written out, since chains of images hold sources again. */
export interface SourceTypes {
  readonly file: FileSource;
  readonly block: BlockSource;
  readonly dir: DirSource;
  readonly network: NetworkSource;
  readonly volume: VolumeSource;
  readonly nvme: NvmeSource;
  readonly vhostuser: VhostUserSource;
  readonly vhostvdpa: VhostVdpaSource;
}

/** Where a qcow2 image keeps its data, when not in itself. */
export type DataStore = {
  readonly [K in keyof SourceTypes]: SourceType<K> & {
    readonly format: ImageFormat;
    readonly source?: SourceTypes[K] | undefined;
    readonly $extra?: Extra | undefined;
  };
}[keyof SourceTypes];
export const DataStore: El<DataStore> = union(
  'dataStore',
  'type',
  { format: kid(ImageFormat), source: slot },
  sourceVariants,
  'file',
);

/** The image below another one. An empty one ends the chain. */
export type BackingStore = {
  readonly [K in keyof SourceTypes]: SourceType<K> & {
    readonly index?: number | undefined;
    readonly format?: ImageFormat | undefined;
    readonly source?: SourceTypes[K] | undefined;
    readonly backingStore?: BackingStore | undefined;
    readonly $extra?: Extra | undefined;
  };
}[keyof SourceTypes];
export const BackingStore: El<BackingStore> = union(
  'backingStore',
  'type',
  {
    index: opt(attr('index', uint)),
    format: opt(kid(ImageFormat)),
    source: slot,
    backingStore: opt(later((): El<BackingStore> => BackingStore)),
  },
  sourceVariants,
  'file',
);

type SourceType<K> = K extends 'file' ? { readonly type?: K | undefined } : { readonly type: K };
