import { int, oneOf, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, foreign, kid, kids, leaf, opt, text } from '../dsl/field.ts';
import { Clock } from './clock.ts';
import { IdMap, Size } from './common.ts';
import { Cpu } from './cpu.ts';
import { Cputune } from './cputune.ts';
import { Devices } from './devices.ts';
import { ThrottleGroup } from './disk.ts';
import { Features } from './features.ts';
import {
  BhyveCommandline,
  LxcNamespace,
  QemuCapabilities,
  QemuCommandline,
  QemuDeprecation,
  QemuOverride,
  vmware,
  XenCommandline,
} from './hypervisor-namespaces.ts';
import { MaxMemory, Memory, MemoryBacking, Memtune, Numatune } from './memory.ts';
import { Os } from './os.ts';
import { Keywrap, LaunchSecurity, Seclabel } from './security.ts';
import { Sysinfo } from './sysinfo.ts';
import { DefaultIoThread, IoThreadIds, Vcpu, Vcpus } from './vcpu.ts';

const metadata = el('metadata', { nodes: foreign() });
/** What applications keep beside the guest, one element per namespace. */
export interface Metadata extends Infer<typeof metadata> {}
export const Metadata: El<Metadata> = metadata;

const blkiotune = el('blkiotune', {
  weight: opt(leaf('weight', uint)),
  devices: kids(
    el('device', {
      path: leaf('path', str),
      weight: opt(leaf('weight', uint)),
      readIopsSec: opt(leaf('read_iops_sec', uint)),
      writeIopsSec: opt(leaf('write_iops_sec', uint)),
      readBytesSec: opt(leaf('read_bytes_sec', uint)),
      writeBytesSec: opt(leaf('write_bytes_sec', uint)),
    }),
  ),
});
/**
 * Weights and limits of the guest on the host's block devices: https://libvirt.org/formatdomain.html#block-i-o-tuning
 */
export interface Blkiotune extends Infer<typeof blkiotune> {}
export const Blkiotune: El<Blkiotune> = blkiotune;

const resource = el('resource', {
  partition: opt(leaf('partition', str)),
  fibrechannel: opt(kid(el('fibrechannel', { appid: attr('appid', str) }))),
});
/** The control group of the guest, and its name in the storage network. */
export interface Resource extends Infer<typeof resource> {}
export const Resource: El<Resource> = resource;

const suspend = el('suspend', { enabled: opt(attr('enabled', yesNo)) });
const pm = el('pm', {
  suspendToMem: opt(kid(suspend, 'suspend-to-mem')),
  suspendToDisk: opt(kid(suspend, 'suspend-to-disk')),
});
/** Which sleep states the guest's firmware offers. */
export interface Pm extends Infer<typeof pm> {}
export const Pm: El<Pm> = pm;

const perf = el('perf', {
  events: kids(
    el('event', {
      name: attr('name', openOneOf('cmt', 'mbmt', 'mbml', 'cpu_cycles')),
      enabled: attr('enabled', yesNo),
    }),
  ),
});
/** Performance counters that libvirt reads: https://libvirt.org/formatdomain.html#performance-monitoring-events */
export interface Perf extends Infer<typeof perf> {}
export const Perf: El<Perf> = perf;

const lifecycle = ['destroy', 'restart', 'preserve', 'rename-restart'] as const;

const domain = el('domain', {
  type: attr('type', openOneOf('kvm', 'qemu', 'lxc', 'xen', 'uml', 'vz', 'bhyve', 'hvf', 'vmware', 'vbox', 'test')),
  /** Of a running domain; libvirt's to say. */
  id: opt(attr('id', int)),
  name: leaf('name', str),
  uuid: opt(leaf('uuid', uuid)),
  /** An empty one lets libvirt choose. */
  genid: opt(kid(el('genid', { value: opt(text(uuid)) }))),
  title: opt(leaf('title', str)),
  description: opt(leaf('description', str)),
  metadata: opt(kid(Metadata)),
  maxMemory: opt(kid(MaxMemory)),
  memory: opt(kid(Memory)),
  currentMemory: opt(kid(Size, 'currentMemory')),
  blkiotune: opt(kid(Blkiotune)),
  memtune: opt(kid(Memtune)),
  memoryBacking: opt(kid(MemoryBacking)),
  vcpu: opt(kid(Vcpu)),
  vcpus: opt(kid(Vcpus)),
  iothreads: opt(leaf('iothreads', uint)),
  iothreadIds: opt(kid(IoThreadIds)),
  defaultIothread: opt(kid(DefaultIoThread)),
  cputune: opt(kid(Cputune)),
  numatune: opt(kid(Numatune)),
  resource: opt(kid(Resource)),
  sysinfos: kids(Sysinfo),
  bootloader: opt(leaf('bootloader', str)),
  bootloaderArgs: opt(leaf('bootloader_args', str)),
  os: opt(kid(Os)),
  idmap: opt(kid(IdMap)),
  features: opt(kid(Features)),
  cpu: opt(kid(Cpu)),
  clock: opt(kid(Clock)),
  onPoweroff: opt(leaf('on_poweroff', oneOf(...lifecycle))),
  onReboot: opt(leaf('on_reboot', oneOf(...lifecycle))),
  onCrash: opt(leaf('on_crash', oneOf(...lifecycle, 'coredump-destroy', 'coredump-restart'))),
  onLockfailure: opt(leaf('on_lockfailure', oneOf('poweroff', 'restart', 'pause', 'ignore'))),
  pm: opt(kid(Pm)),
  perf: opt(kid(Perf)),
  throttleGroups: opt(kid(el('throttlegroups', { groups: kids(ThrottleGroup) }))),
  devices: opt(kid(Devices)),
  seclabels: kids(Seclabel),
  keywrap: opt(kid(Keywrap)),
  launchSecurity: opt(kid(LaunchSecurity)),
  qemuCommandline: opt(kid(QemuCommandline)),
  qemuCapabilities: opt(kid(QemuCapabilities)),
  qemuOverride: opt(kid(QemuOverride)),
  qemuDeprecation: opt(kid(QemuDeprecation)),
  lxcNamespace: opt(kid(LxcNamespace)),
  xenCommandline: opt(kid(XenCommandline)),
  bhyveCommandline: opt(kid(BhyveCommandline)),
  vmwareDatacenterPath: opt(leaf(vmware('datacenterpath'), str)),
});
/** A guest as libvirt defines and prints it: https://libvirt.org/formatdomain.html */
export interface Domain extends Infer<typeof domain> {}
export const Domain: El<Domain> = domain;
