import { matching, oneOf, onOff, str, u64, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer, needs, ruled } from '../dsl/el.ts';
import { attr, kid, kids, leaves, opt, text } from '../dsl/field.ts';

const size = el('size', { unit: opt(attr('unit', str)), value: text(u64) });
/** An amount with its unit; libvirt's default unit is KiB unless an element says otherwise. See `toBytes`. */
export interface Size extends Infer<typeof size> {}
export const Size: El<Size> = size;

const toggle = el('toggle', { state: opt(attr('state', onOff)) });
/** An element that is on or off by `state`; without it libvirt takes it for on. */
export interface Toggle extends Infer<typeof toggle> {}
export const Toggle: El<Toggle> = toggle;

const alias = el('alias', { name: attr('name', str) });
/** The name of a device inside QEMU; user-defined ones start with `ua-`. */
export interface Alias extends Infer<typeof alias> {}
export const Alias: El<Alias> = alias;

const boot = el('boot', {
  order: attr('order', uint),
  loadparm: opt(attr('loadparm', matching(/^[a-zA-Z0-9.\s]{1,8}$/, 'one to eight letters, digits, points or blanks'))),
});
/** The place of a device in the boot order, from 1. */
export interface Boot extends Infer<typeof boot> {}
export const Boot: El<Boot> = boot;

const acpiIndex = el('acpi', { index: opt(attr('index', uint)) });
/** The ACPI index, by which a guest names the device. */
export interface AcpiIndex extends Infer<typeof acpiIndex> {}
export const AcpiIndex: El<AcpiIndex> = acpiIndex;

const rom = el('rom', {
  bar: opt(attr('bar', onOff)),
  file: opt(attr('file', matching(/^\//, 'an absolute path'))),
  enabled: opt(attr('enabled', yesNo)),
});
/** The option ROM of a PCI device. */
export interface Rom extends Infer<typeof rom> {}
export const Rom: El<Rom> = rom;

const idMapRange = el('uid', {
  start: attr('start', uint),
  target: attr('target', uint),
  count: attr('count', uint),
});
/** Ids from `start` in the guest are ids from `target` on the host. */
export interface IdMapRange extends Infer<typeof idMapRange> {}
export const IdMapRange: El<IdMapRange> = idMapRange;

const idMap = el('idmap', { uids: kids(IdMapRange, 'uid'), gids: kids(IdMapRange, 'gid') });
/** User name space of a container. */
export interface IdMap extends Infer<typeof idMap> {}
export const IdMap: El<IdMap> = idMap;

const deviceSeclabel = el('seclabel', {
  model: opt(attr('model', str)),
  relabel: opt(attr('relabel', yesNo)),
  labelskip: opt(attr('labelskip', yesNo)),
  labels: leaves('label', str),
});
/** Overrides the guest's security labels for one file or device. */
export interface DeviceSeclabel extends Infer<typeof deviceSeclabel> {}
export const DeviceSeclabel: El<DeviceSeclabel> = deviceSeclabel;

const reconnect = el('reconnect', {
  enabled: opt(attr('enabled', yesNo)),
  timeout: opt(attr('timeout', uint)),
  delay: opt(attr('delay', uint)),
});
/** Whether and after how many seconds a lost connection is opened again. */
export interface Reconnect extends Infer<typeof reconnect> {}
export const Reconnect: El<Reconnect> = reconnect;

const encryptionSecret = el('secret', {
  type: attr('type', oneOf('passphrase')),
  uuid: opt(attr('uuid', uuid)),
  usage: opt(attr('usage', str)),
});
const encryption = ruled(
  el('encryption', {
    format: attr('format', oneOf('default', 'luks', 'luks-any', 'luks2', 'qcow')),
    engine: opt(attr('engine', oneOf('qemu', 'librbd'))),
    secrets: kids(encryptionSecret),
    cipher: opt(
      kid(
        el('cipher', {
          name: attr('name', str),
          size: attr('size', uint),
          mode: opt(attr('mode', str)),
          hash: opt(attr('hash', str)),
        }),
      ),
    ),
    ivgen: opt(kid(el('ivgen', { name: attr('name', str), hash: opt(attr('hash', str)) }))),
  }),
  needs('ivgen', 'an <ivgen> beside the <cipher>', ({ cipher }) => cipher !== undefined),
);
/** How a volume is encrypted, and which libvirt secret opens it. */
export interface Encryption extends Infer<typeof encryption> {}
export const Encryption: El<Encryption> = encryption;

const auth = el('auth', {
  username: attr('username', str),
  secret: kid(
    el('secret', {
      type: attr('type', oneOf('ceph', 'iscsi')),
      uuid: opt(attr('uuid', uuid)),
      usage: opt(attr('usage', str)),
    }),
  ),
});
/** User and libvirt secret of a storage server. */
export interface Auth extends Infer<typeof auth> {}
export const Auth: El<Auth> = auth;

const initiator = el('initiator', { iqn: kid(el('iqn', { name: attr('name', str) })) });
/** The name an iSCSI client gives itself. */
export interface Initiator extends Infer<typeof initiator> {}
export const Initiator: El<Initiator> = initiator;

const usbId = el('vendor', { id: attr('id', str) });
/** Vendor or product of a USB device, such as `0x1234`. */
export interface UsbId extends Infer<typeof usbId> {}
export const UsbId: El<UsbId> = usbId;

const audioLink = el('audio', { id: attr('id', uint) });
/** The audio backend of a device, by its id. */
export interface AudioLink extends Infer<typeof audioLink> {}
export const AudioLink: El<AudioLink> = audioLink;

const ioThreadMapping = el('iothreads', {
  iothreads: kids(el('iothread', { id: attr('id', uint), queues: kids(el('queue', { id: attr('id', uint) })) })),
});
/** Which I/O threads serve which queues. */
export interface IoThreadMapping extends Infer<typeof ioThreadMapping> {}
export const IoThreadMapping: El<IoThreadMapping> = ioThreadMapping;

const teaming = el('teaming', {
  type: opt(attr('type', oneOf('persistent', 'transient'))),
  persistent: opt(attr('persistent', str)),
});
/** Pairs a virtio interface with a passed-through one that takes over from it. */
export interface Teaming extends Infer<typeof teaming> {}
export const Teaming: El<Teaming> = teaming;

const backendDomain = el('backenddomain', { name: attr('name', str) });
/** The Xen domain that serves a device. */
export interface BackendDomain extends Infer<typeof backendDomain> {}
export const BackendDomain: El<BackendDomain> = backendDomain;

const virtioDriver = el('driver', {
  iommu: opt(attr('iommu', onOff)),
  ats: opt(attr('ats', onOff)),
  packed: opt(attr('packed', onOff)),
  pagePerVq: opt(attr('page_per_vq', onOff)),
});
/** Options that every virtio device has. */
export interface VirtioDriver extends Infer<typeof virtioDriver> {}
export const VirtioDriver: El<VirtioDriver> = virtioDriver;

const qcow2Cache = el('metadata_cache', { maxSize: opt(kid(Size, 'max_size')) });
/** Cache of a qcow2 image's tables. */
export interface MetadataCache extends Infer<typeof qcow2Cache> {}
export const MetadataCache: El<MetadataCache> = qcow2Cache;
