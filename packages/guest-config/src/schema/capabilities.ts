import { cpuset } from '../dsl/cpuset.ts';
import { oneOf, onOff, openOneOf, str, u64, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, flag, kid, kids, leaf, leaves, opt, text } from '../dsl/field.ts';
import { Size } from './common.ts';
import { CpuTopology, MaxPhysAddr, NumaCache, NumaDistances, NumaInterconnects } from './cpu.ts';

const hostCpu = el('cpu', {
  arch: leaf('arch', str),
  extensions: opt(
    kid(el('features', { pae: flag('pae'), nonpae: flag('nonpae'), svm: flag('svm'), vmx: flag('vmx') })),
  ),
  model: opt(leaf('model', str)),
  vendor: opt(leaf('vendor', str)),
  microcode: opt(kid(el('microcode', { version: attr('version', uint) }))),
  signature: opt(
    kid(
      el('signature', { family: attr('family', uint), model: attr('model', uint), stepping: attr('stepping', uint) }),
    ),
  ),
  /** `frequency` is in Hz. */
  counter: opt(
    kid(
      el('counter', {
        name: attr('name', str),
        frequency: attr('frequency', uint),
        scaling: opt(attr('scaling', yesNo)),
      }),
    ),
  ),
  topology: opt(kid(CpuTopology)),
  maxphysaddr: opt(kid(MaxPhysAddr)),
  features: kids(el('feature', { name: attr('name', str) })),
  /** Sizes of pages, in KiB unless `unit` says otherwise. */
  pages: kids(el('pages', { unit: opt(attr('unit', str)), size: attr('size', u64) })),
});
/** The host's CPU as libvirt names it. */
export interface HostCpu extends Infer<typeof hostCpu> {}
export const HostCpu: El<HostCpu> = hostCpu;

const cpu = el('cpu', {
  id: attr('id', uint),
  socketId: opt(attr('socket_id', uint)),
  dieId: opt(attr('die_id', uint)),
  clusterId: opt(attr('cluster_id', uint)),
  coreId: opt(attr('core_id', uint)),
  /** The CPU itself and the threads of its core. */
  siblings: opt(attr('siblings', cpuset)),
});
/** Where one CPU of the host sits. */
export interface HostCpuPlace extends Infer<typeof cpu> {}
export const HostCpuPlace: El<HostCpuPlace> = cpu;

const cell = el('cell', {
  id: attr('id', uint),
  memory: opt(kid(Size, 'memory')),
  /** How many pages of a size there are; the size is in KiB unless `unit` says otherwise. */
  pages: kids(el('pages', { unit: opt(attr('unit', str)), size: attr('size', u64), count: text(u64) })),
  distances: opt(kid(NumaDistances)),
  caches: kids(NumaCache),
  cpus: opt(kid(el('cpus', { num: attr('num', uint), cpus: kids(HostCpuPlace) }))),
});
/** A NUMA node of the host. */
export interface HostCell extends Infer<typeof cell> {}
export const HostCell: El<HostCell> = cell;

const topology = el('topology', {
  cells: kid(el('cells', { num: attr('num', uint), cells: kids(HostCell) })),
  interconnects: opt(kid(NumaInterconnects)),
});
/** NUMA nodes of the host. */
export interface HostTopology extends Infer<typeof topology> {}
export const HostTopology: El<HostTopology> = topology;

const monitor = el('monitor', {
  level: opt(attr('level', uint)),
  reuseThreshold: opt(attr('reuseThreshold', uint)),
  maxMonitors: attr('maxMonitors', uint),
  features: kids(el('feature', { name: attr('name', str) })),
});
/** What resctrl can watch. */
export interface ResourceMonitor extends Infer<typeof monitor> {}
export const ResourceMonitor: El<ResourceMonitor> = monitor;

const cacheType = oneOf('both', 'code', 'data');
const cache = el('cache', {
  banks: kids(
    el('bank', {
      id: attr('id', uint),
      level: attr('level', uint),
      type: attr('type', cacheType),
      size: attr('size', u64),
      unit: attr('unit', str),
      cpus: attr('cpus', cpuset),
      controls: kids(
        el('control', {
          granularity: attr('granularity', u64),
          min: opt(attr('min', u64)),
          unit: attr('unit', str),
          type: attr('type', cacheType),
          maxAllocs: attr('maxAllocs', uint),
        }),
      ),
    }),
  ),
  monitor: opt(kid(ResourceMonitor)),
});
/** Caches of the host, and how they can be shared out. */
export interface HostCache extends Infer<typeof cache> {}
export const HostCache: El<HostCache> = cache;

const memoryBandwidth = el('memory_bandwidth', {
  nodes: kids(
    el('node', {
      id: attr('id', uint),
      cpus: attr('cpus', cpuset),
      controls: kids(
        el('control', {
          granularity: attr('granularity', uint),
          min: opt(attr('min', uint)),
          maxAllocs: attr('maxAllocs', uint),
        }),
      ),
    }),
  ),
  monitor: opt(kid(ResourceMonitor)),
});
/** Memory bandwidth of the host, and how it can be shared out. */
export interface HostMemoryBandwidth extends Infer<typeof memoryBandwidth> {}
export const HostMemoryBandwidth: El<HostMemoryBandwidth> = memoryBandwidth;

const secmodel = el('secmodel', {
  model: leaf('model', str),
  doi: leaf('doi', str),
  baselabels: kids(el('baselabel', { type: attr('type', str), label: text(str) })),
});
/** A security driver, with the labels that guests of each type get. */
export interface SecModel extends Infer<typeof secmodel> {}
export const SecModel: El<SecModel> = secmodel;

const host = el('host', {
  uuid: opt(leaf('uuid', uuid)),
  cpu: kid(HostCpu),
  powerManagement: opt(
    kid(
      el('power_management', {
        suspendMem: flag('suspend_mem'),
        suspendDisk: flag('suspend_disk'),
        suspendHybrid: flag('suspend_hybrid'),
      }),
    ),
  ),
  iommu: opt(kid(el('iommu', { support: opt(attr('support', yesNo)) }))),
  migrationFeatures: opt(
    kid(
      el('migration_features', {
        live: flag('live'),
        uriTransports: opt(kid(el('uri_transports', { uriTransports: leaves('uri_transport', str) }))),
      }),
    ),
  ),
  topology: opt(kid(HostTopology)),
  cache: opt(kid(HostCache)),
  memoryBandwidth: opt(kid(HostMemoryBandwidth)),
  secmodels: kids(SecModel),
});
/** The host itself. */
export interface Host extends Infer<typeof host> {}
export const Host: El<Host> = host;

const machine = el('machine', {
  canonical: opt(attr('canonical', str)),
  maxCpus: opt(attr('maxCpus', uint)),
  deprecated: opt(attr('deprecated', yesNo)),
  name: text(str),
});
/** A machine type; an alias says in `canonical` what it stands for. */
export interface GuestMachine extends Infer<typeof machine> {}
export const GuestMachine: El<GuestMachine> = machine;

const arch = el('arch', {
  name: attr('name', str),
  wordsize: leaf('wordsize', uint),
  emulator: opt(leaf('emulator', str)),
  loader: opt(leaf('loader', str)),
  machines: kids(GuestMachine),
  domains: kids(
    el('domain', {
      type: attr('type', openOneOf('kvm', 'qemu', 'lxc', 'xen', 'hvf', 'test')),
      emulator: opt(leaf('emulator', str)),
      machines: kids(GuestMachine),
    }),
  ),
});
/** An architecture of guests; `domains` are the hypervisors which run it, with what they have of their own. */
export interface GuestArch extends Infer<typeof arch> {}
export const GuestArch: El<GuestArch> = arch;

const switchable = el('switchable', { default: attr('default', onOff), toggle: attr('toggle', yesNo) });
const features = el('features', {
  pae: flag('pae'),
  nonpae: flag('nonpae'),
  ia64Be: flag('ia64_be'),
  acpi: opt(kid(switchable, 'acpi')),
  apic: opt(kid(switchable, 'apic')),
  cpuselection: flag('cpuselection'),
  deviceboot: flag('deviceboot'),
  disksnapshot: opt(kid(switchable, 'disksnapshot')),
  hap: opt(kid(switchable, 'hap')),
  externalSnapshot: flag('externalSnapshot'),
});
/** What can be said in the configuration of such a guest. */
export interface GuestFeatures extends Infer<typeof features> {}
export const GuestFeatures: El<GuestFeatures> = features;

const guest = el('guest', {
  osType: leaf('os_type', openOneOf('hvm', 'exe', 'xen', 'linux')),
  arch: kid(GuestArch),
  features: opt(kid(GuestFeatures)),
});
/** A kind of guest that the host can run. */
export interface GuestSupport extends Infer<typeof guest> {}
export const GuestSupport: El<GuestSupport> = guest;

const capabilities = el('capabilities', { host: kid(Host), guests: kids(GuestSupport) });
/** What a host is and which guests it can run: https://libvirt.org/formatcaps.html */
export interface Capabilities extends Infer<typeof capabilities> {}
export const Capabilities: El<Capabilities> = capabilities;
