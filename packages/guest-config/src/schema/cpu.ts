import { cpuset } from '../dsl/cpuset.ts';
import { oneOf, onOff, openOneOf, str, u64, uint, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt, text } from '../dsl/field.ts';

const topology = el('topology', {
  sockets: attr('sockets', uint),
  dies: opt(attr('dies', uint)),
  clusters: opt(attr('clusters', uint)),
  cores: attr('cores', uint),
  threads: attr('threads', uint),
});
/** Sockets, dies, clusters, cores and threads; their product is the number of vCPUs. */
export interface CpuTopology extends Infer<typeof topology> {}
export const CpuTopology: El<CpuTopology> = topology;

const quantity = el('size', { value: attr('value', u64), unit: attr('unit', str) });
/** An amount in attributes. */
export interface Quantity extends Infer<typeof quantity> {}
export const Quantity: El<Quantity> = quantity;

const distances = el('distances', {
  siblings: kids(el('sibling', { id: attr('id', uint), value: attr('value', uint) })),
});
/** How far the other NUMA nodes are; a node is 10 away from itself. */
export interface NumaDistances extends Infer<typeof distances> {}
export const NumaDistances: El<NumaDistances> = distances;

const cache = el('cache', {
  level: attr('level', uint),
  associativity: attr('associativity', oneOf('none', 'direct', 'full')),
  policy: attr('policy', oneOf('none', 'writeback', 'writethrough')),
  size: kid(Quantity, 'size'),
  line: kid(Quantity, 'line'),
});
/** Memory-side cache of a NUMA node. */
export interface NumaCache extends Infer<typeof cache> {}
export const NumaCache: El<NumaCache> = cache;

const cell = el('cell', {
  id: opt(attr('id', uint)),
  cpus: opt(attr('cpus', cpuset)),
  memory: attr('memory', u64),
  unit: opt(attr('unit', str)),
  memAccess: opt(attr('memAccess', oneOf('shared', 'private'))),
  discard: opt(attr('discard', yesNo)),
  distances: opt(kid(NumaDistances)),
  caches: kids(NumaCache),
});
/** A NUMA node of the guest; `memory` is in KiB unless `unit` says otherwise. */
export interface NumaCell extends Infer<typeof cell> {}
export const NumaCell: El<NumaCell> = cell;

const link = {
  initiator: attr('initiator', uint),
  target: attr('target', uint),
  cache: opt(attr('cache', uint)),
  type: attr('type', oneOf('access', 'read', 'write')),
  value: attr('value', uint),
} as const;
const interconnects = el('interconnects', {
  latencies: kids(el('latency', link)),
  bandwidths: kids(el('bandwidth', { ...link, unit: opt(attr('unit', str)) })),
});
/** Latencies and bandwidths between NUMA nodes. */
export interface NumaInterconnects extends Infer<typeof interconnects> {}
export const NumaInterconnects: El<NumaInterconnects> = interconnects;

const numa = el('numa', { cells: kids(NumaCell), interconnects: opt(kid(NumaInterconnects)) });
/** NUMA nodes of the guest. */
export interface Numa extends Infer<typeof numa> {}
export const Numa: El<Numa> = numa;

const feature = el('feature', {
  policy: opt(attr('policy', oneOf('force', 'require', 'optional', 'disable', 'forbid'))),
  name: attr('name', str),
});
/** A CPU feature and what the guest does with it. */
export interface CpuFeature extends Infer<typeof feature> {}
export const CpuFeature: El<CpuFeature> = feature;

const model = el('model', {
  fallback: opt(attr('fallback', oneOf('allow', 'forbid'))),
  vendorId: opt(attr('vendor_id', str)),
  value: opt(text(str)),
});
/** The name of a CPU model. */
export interface CpuModel extends Infer<typeof model> {}
export const CpuModel: El<CpuModel> = model;

const maxPhysAddr = el('maxphysaddr', {
  mode: attr('mode', oneOf('emulate', 'passthrough')),
  bits: opt(attr('bits', uint)),
  limit: opt(attr('limit', uint)),
});
/** How many bits a physical address has. */
export interface MaxPhysAddr extends Infer<typeof maxPhysAddr> {}
export const MaxPhysAddr: El<MaxPhysAddr> = maxPhysAddr;

const cpu = el('cpu', {
  mode: opt(attr('mode', openOneOf('custom', 'host-model', 'host-passthrough', 'maximum'))),
  match: opt(attr('match', oneOf('minimum', 'exact', 'strict'))),
  check: opt(attr('check', oneOf('none', 'partial', 'full'))),
  migratable: opt(attr('migratable', onOff)),
  deprecatedFeatures: opt(attr('deprecated_features', onOff)),
  model: opt(kid(CpuModel)),
  vendor: opt(leaf('vendor', str)),
  topology: opt(kid(CpuTopology)),
  cache: opt(
    kid(
      el('cache', { level: opt(attr('level', uint)), mode: attr('mode', oneOf('emulate', 'passthrough', 'disable')) }),
    ),
  ),
  maxphysaddr: opt(kid(MaxPhysAddr)),
  features: kids(CpuFeature),
  numa: opt(kid(Numa)),
});
/** The guest's CPU: https://libvirt.org/formatdomain.html#cpu-model-and-topology */
export interface Cpu extends Infer<typeof cpu> {}
export const Cpu: El<Cpu> = cpu;
