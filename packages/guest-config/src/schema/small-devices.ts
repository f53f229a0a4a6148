import { oneOf, onOff, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, Size, VirtioDriver } from './common.ts';

/** What most devices end with. */
const tail = { acpi: opt(kid(AcpiIndex)), alias: opt(kid(Alias)), address: opt(kid(Address)) } as const;

const input = el('input', {
  type: attr('type', openOneOf('tablet', 'mouse', 'keyboard', 'passthrough', 'evdev')),
  bus: opt(attr('bus', openOneOf('usb', 'ps2', 'virtio', 'xen'))),
  model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
  driver: opt(kid(VirtioDriver)),
  /** The host's device: `evdev` for a passed-through one, `dev` for an evdev one. */
  source: opt(
    kid(
      el('source', {
        evdev: opt(attr('evdev', str)),
        dev: opt(attr('dev', str)),
        grab: opt(attr('grab', oneOf('all'))),
        repeat: opt(attr('repeat', onOff)),
        grabToggle: opt(attr('grabToggle', str)),
      }),
    ),
  ),
  ...tail,
});
/** A tablet, mouse or keyboard. */
export interface Input extends Infer<typeof input> {}
export const Input: El<Input> = input;

const watchdog = el('watchdog', {
  model: attr('model', openOneOf('i6300esb', 'ib700', 'diag288', 'itco')),
  action: opt(attr('action', oneOf('reset', 'shutdown', 'poweroff', 'pause', 'none', 'dump', 'inject-nmi'))),
  ...tail,
});
/** What happens when the guest hangs. */
export interface Watchdog extends Infer<typeof watchdog> {}
export const Watchdog: El<Watchdog> = watchdog;

const memballoon = el('memballoon', {
  model: attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional', 'xen', 'none')),
  autodeflate: opt(attr('autodeflate', onOff)),
  freePageReporting: opt(attr('freePageReporting', onOff)),
  /** Seconds between two statistics. */
  stats: opt(kid(el('stats', { period: attr('period', uint) }))),
  ...tail,
  driver: opt(kid(VirtioDriver)),
});
/** Lets the host take memory back. */
export interface MemBalloon extends Infer<typeof memballoon> {}
export const MemBalloon: El<MemBalloon> = memballoon;

const hub = el('hub', { type: attr('type', openOneOf('usb')), ...tail });
/** A USB hub. */
export interface Hub extends Infer<typeof hub> {}
export const Hub: El<Hub> = hub;

const lease = el('lease', {
  lockspace: opt(leaf('lockspace', str)),
  key: leaf('key', str),
  target: kid(el('target', { path: attr('path', str), offset: opt(attr('offset', uint)) })),
});
/** A lock that the guest holds while it runs. */
export interface Lease extends Infer<typeof lease> {}
export const Lease: El<Lease> = lease;

const redirFilter = el('redirfilter', {
  usbdevs: kids(
    el('usbdev', {
      class: opt(attr('class', str)),
      vendor: opt(attr('vendor', str)),
      product: opt(attr('product', str)),
      version: opt(attr('version', str)),
      allow: attr('allow', yesNo),
    }),
  ),
});
/** Which USB devices a client may bring; `-1` stands for any. */
export interface RedirFilter extends Infer<typeof redirFilter> {}
export const RedirFilter: El<RedirFilter> = redirFilter;

const shmem = el('shmem', {
  name: attr('name', str),
  role: opt(attr('role', oneOf('master', 'peer'))),
  model: opt(kid(el('model', { type: attr('type', openOneOf('ivshmem', 'ivshmem-plain', 'ivshmem-doorbell')) }))),
  size: opt(kid(Size, 'size')),
  server: opt(kid(el('server', { path: opt(attr('path', str)) }))),
  msi: opt(kid(el('msi', { vectors: opt(attr('vectors', uint)), ioeventfd: opt(attr('ioeventfd', onOff)) }))),
  ...tail,
});
/** Memory that guests share. */
export interface Shmem extends Infer<typeof shmem> {}
export const Shmem: El<Shmem> = shmem;

const iommu = el('iommu', {
  model: attr('model', openOneOf('intel', 'smmuv3', 'virtio')),
  driver: opt(
    kid(
      el('driver', {
        intremap: opt(attr('intremap', onOff)),
        cachingMode: opt(attr('caching_mode', onOff)),
        eim: opt(attr('eim', onOff)),
        iotlb: opt(attr('iotlb', onOff)),
        awBits: opt(attr('aw_bits', uint)),
        dmaTranslation: opt(attr('dma_translation', onOff)),
        passthrough: opt(attr('passthrough', onOff)),
        xtsup: opt(attr('xtsup', onOff)),
      }),
    ),
  ),
  ...tail,
});
/** The guest's IOMMU. */
export interface Iommu extends Infer<typeof iommu> {}
export const Iommu: El<Iommu> = iommu;

const nvram = el('nvram', tail);
/** The NVRAM device of a pSeries guest. */
export interface NvramDevice extends Infer<typeof nvram> {}
export const NvramDevice: El<NvramDevice> = nvram;

const panic = el('panic', {
  model: opt(attr('model', openOneOf('isa', 'pvpanic', 'hyperv', 'pseries', 's390'))),
  ...tail,
});
/** Tells libvirt about a crash inside the guest. */
export interface Panic extends Infer<typeof panic> {}
export const Panic: El<Panic> = panic;

const vsock = el('vsock', {
  model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
  cid: opt(kid(el('cid', { auto: opt(attr('auto', yesNo)), address: opt(attr('address', uint)) }))),
  ...tail,
  driver: opt(kid(VirtioDriver)),
});
/** Sockets between host and guest. */
export interface Vsock extends Infer<typeof vsock> {}
export const Vsock: El<Vsock> = vsock;

const crypto = el('crypto', {
  model: attr('model', openOneOf('virtio')),
  type: attr('type', openOneOf('qemu')),
  backend: kid(
    el('backend', { model: attr('model', openOneOf('builtin', 'lkcf')), queues: opt(attr('queues', uint)) }),
  ),
  driver: opt(kid(VirtioDriver)),
  ...tail,
});
/** A cryptographic accelerator. */
export interface Crypto extends Infer<typeof crypto> {}
export const Crypto: El<Crypto> = crypto;

const pstore = el('pstore', {
  backend: attr('backend', openOneOf('acpi-erst')),
  path: opt(leaf('path', str)),
  size: kid(Size, 'size'),
  ...tail,
});
/** Where a guest's kernel keeps its last words. */
export interface Pstore extends Infer<typeof pstore> {}
export const Pstore: El<Pstore> = pstore;
