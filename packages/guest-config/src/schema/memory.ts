import { cpuset } from '../dsl/cpuset.ts';
import { oneOf, onOff, str, u64, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, flag, kid, kids, opt, text } from '../dsl/field.ts';
import { Size } from './common.ts';

const memory = el('memory', { dumpCore: opt(attr('dumpCore', onOff)), unit: opt(attr('unit', str)), value: text(u64) });
/** What the guest has when it starts, in KiB unless `unit` says otherwise. */
export interface Memory extends Infer<typeof memory> {}
export const Memory: El<Memory> = memory;

const maxMemory = el('maxMemory', { slots: opt(attr('slots', uint)), unit: opt(attr('unit', str)), value: text(u64) });
/** What the guest may grow to by plugging memory into so many slots. */
export interface MaxMemory extends Infer<typeof maxMemory> {}
export const MaxMemory: El<MaxMemory> = maxMemory;

const page = el('page', {
  size: attr('size', u64),
  unit: opt(attr('unit', str)),
  nodeset: opt(attr('nodeset', cpuset)),
});
/** Size of the host's pages behind these NUMA nodes of the guest; in KiB unless `unit` says otherwise. */
export interface HugePage extends Infer<typeof page> {}
export const HugePage: El<HugePage> = page;

const memoryBacking = el('memoryBacking', {
  hugepages: opt(kid(el('hugepages', { pages: kids(HugePage) }))),
  nosharepages: flag('nosharepages'),
  locked: flag('locked'),
  source: opt(kid(el('source', { type: attr('type', oneOf('file', 'anonymous', 'memfd')) }))),
  access: opt(kid(el('access', { mode: attr('mode', oneOf('shared', 'private')) }))),
  allocation: opt(
    kid(
      el('allocation', {
        mode: opt(attr('mode', oneOf('immediate', 'ondemand'))),
        threads: opt(attr('threads', uint)),
      }),
    ),
  ),
  discard: flag('discard'),
});
/** What of the host is behind the guest's memory: https://libvirt.org/formatdomain.html#memory-backing */
export interface MemoryBacking extends Infer<typeof memoryBacking> {}
export const MemoryBacking: El<MemoryBacking> = memoryBacking;

const memtune = el('memtune', {
  hardLimit: opt(kid(Size, 'hard_limit')),
  softLimit: opt(kid(Size, 'soft_limit')),
  minGuarantee: opt(kid(Size, 'min_guarantee')),
  swapHardLimit: opt(kid(Size, 'swap_hard_limit')),
});
/** Limits of the guest's memory on the host: https://libvirt.org/formatdomain.html#memory-tuning */
export interface Memtune extends Infer<typeof memtune> {}
export const Memtune: El<Memtune> = memtune;

const numaMode = oneOf('strict', 'preferred', 'interleave', 'restrictive');

const numaMemory = union(
  'memory',
  'placement',
  { mode: opt(attr('mode', numaMode)) },
  { static: { nodeset: opt(attr('nodeset', cpuset)) }, auto: {} },
  'static',
);
/** Nodes of the host for all of the guest's memory; with `auto`, numad chooses. */
export type NumaMemory = Alternatives<Infer<typeof numaMemory>>;
export const NumaMemory: El<NumaMemory> = numaMemory;

const memnode = el('memnode', {
  cellid: attr('cellid', uint),
  mode: attr('mode', numaMode),
  nodeset: attr('nodeset', cpuset),
});
/** Nodes of the host for one NUMA node of the guest. */
export interface Memnode extends Infer<typeof memnode> {}
export const Memnode: El<Memnode> = memnode;

const numatune = el('numatune', { memory: opt(kid(NumaMemory)), memnodes: kids(Memnode) });
/** Where the guest's memory comes from: https://libvirt.org/formatdomain.html#numa-node-tuning */
export interface Numatune extends Infer<typeof numatune> {}
export const Numatune: El<Numatune> = numatune;
