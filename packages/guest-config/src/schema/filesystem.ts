import { int, oneOf, onOff, openOneOf, str, u64, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, flag, kid, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, Boot, IdMap, Size } from './common.ts';
import { imageFormat } from './disk-source.ts';

const driver = el('driver', {
  type: opt(attr('type', openOneOf('path', 'handle', 'virtiofs', 'loop', 'nbd', 'ploop', 'mtp'))),
  format: opt(attr('format', imageFormat)),
  name: opt(attr('name', str)),
  wrpolicy: opt(attr('wrpolicy', oneOf('immediate'))),
  queue: opt(attr('queue', uint)),
  iommu: opt(attr('iommu', onOff)),
  ats: opt(attr('ats', onOff)),
  packed: opt(attr('packed', onOff)),
  pagePerVq: opt(attr('page_per_vq', onOff)),
});
/** What serves a shared directory. */
export interface FilesystemDriver extends Infer<typeof driver> {}
export const FilesystemDriver: El<FilesystemDriver> = driver;

const binary = el('binary', {
  path: opt(attr('path', str)),
  xattr: opt(attr('xattr', onOff)),
  cache: opt(kid(el('cache', { mode: opt(attr('mode', oneOf('none', 'always'))) }))),
  sandbox: opt(kid(el('sandbox', { mode: opt(attr('mode', oneOf('namespace', 'chroot'))) }))),
  lock: opt(kid(el('lock', { posix: opt(attr('posix', onOff)), flock: opt(attr('flock', onOff)) }))),
  threadPool: opt(kid(el('thread_pool', { size: opt(attr('size', int)) }))),
  openfiles: opt(kid(el('openfiles', { max: opt(attr('max', uint)) }))),
});
/** How libvirt starts virtiofsd. */
export interface VirtioFsBinary extends Infer<typeof binary> {}
export const VirtioFsBinary: El<VirtioFsBinary> = binary;

const filesystem = union(
  'filesystem',
  'type',
  {
    accessmode: opt(attr('accessmode', oneOf('passthrough', 'mapped', 'squash'))),
    model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
    multidevs: opt(attr('multidevs', oneOf('default', 'remap', 'forbid', 'warn'))),
    /** Octal digits. */
    fmode: opt(attr('fmode', str)),
    /** Octal digits. */
    dmode: opt(attr('dmode', str)),
    driver: opt(kid(FilesystemDriver)),
    binary: opt(kid(VirtioFsBinary)),
    idmap: opt(kid(IdMap)),
    source: slot,
    target: opt(kid(el('target', { dir: attr('dir', str) }))),
    readonly: flag('readonly'),
    spaceHardLimit: opt(kid(Size, 'space_hard_limit')),
    spaceSoftLimit: opt(kid(Size, 'space_soft_limit')),
    boot: opt(kid(Boot)),
    acpi: opt(kid(AcpiIndex)),
    alias: opt(kid(Alias)),
    address: opt(kid(Address)),
  },
  {
    /** A directory, or a virtiofsd that already runs (`socket`). */
    mount: { source: opt(kid(el('source', { dir: opt(attr('dir', str)), socket: opt(attr('socket', str)) }))) },
    template: { source: opt(kid(el('source', { name: attr('name', str) }))) },
    file: { source: opt(kid(el('source', { file: attr('file', str) }))) },
    block: { source: opt(kid(el('source', { dev: attr('dev', str) }))) },
    ram: { source: opt(kid(el('source', { usage: attr('usage', u64), units: opt(attr('units', str)) }))) },
    bind: { source: opt(kid(el('source', { dir: attr('dir', str) }))) },
  },
  'mount',
);
/** A directory or image the guest mounts: https://libvirt.org/formatdomain.html#filesystems */
export type Filesystem = Alternatives<Infer<typeof filesystem>>;
export const Filesystem: El<Filesystem> = filesystem;
