import { cpuset } from '../dsl/cpuset.ts';
import { int, oneOf, str, u64, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt, type Shape } from '../dsl/field.ts';

const vcpuPin = el('vcpupin', { vcpu: attr('vcpu', uint), cpuset: attr('cpuset', cpuset) });
/** The host's CPUs that one virtual CPU may run on. */
export interface VcpuPin extends Infer<typeof vcpuPin> {}
export const VcpuPin: El<VcpuPin> = vcpuPin;

const emulatorPin = el('emulatorpin', { cpuset: attr('cpuset', cpuset) });
/** The host's CPUs for the hypervisor's own threads. */
export interface EmulatorPin extends Infer<typeof emulatorPin> {}
export const EmulatorPin: El<EmulatorPin> = emulatorPin;

const ioThreadPin = el('iothreadpin', { iothread: attr('iothread', uint), cpuset: attr('cpuset', cpuset) });
/** The host's CPUs that one I/O thread may run on. */
export interface IoThreadPin extends Infer<typeof ioThreadPin> {}
export const IoThreadPin: El<IoThreadPin> = ioThreadPin;

/** An element that gives threads a scheduler; real-time ones have a priority. */
function schedulerOf<const Threads extends Shape>(name: string, threads: Threads) {
  const priority = attr('priority', uint);
  return union(name, 'scheduler', threads, { batch: {}, idle: {}, fifo: { priority }, rr: { priority } });
}

const emulatorSched = schedulerOf('emulatorsched', {});
/** The scheduler of the hypervisor's own threads. */
export type EmulatorSched = Alternatives<Infer<typeof emulatorSched>>;
export const EmulatorSched: El<EmulatorSched> = emulatorSched;

const vcpuSched = schedulerOf('vcpusched', { vcpus: opt(attr('vcpus', cpuset)) });
/** The scheduler of some virtual CPUs. */
export type VcpuSched = Alternatives<Infer<typeof vcpuSched>>;
export const VcpuSched: El<VcpuSched> = vcpuSched;

const ioThreadSched = schedulerOf('iothreadsched', { iothreads: opt(attr('iothreads', cpuset)) });
/** The scheduler of some I/O threads. */
export type IoThreadSched = Alternatives<Infer<typeof ioThreadSched>>;
export const IoThreadSched: El<IoThreadSched> = ioThreadSched;

const cachetune = el('cachetune', {
  vcpus: attr('vcpus', cpuset),
  id: opt(attr('id', str)),
  caches: kids(
    el('cache', {
      id: attr('id', uint),
      level: attr('level', uint),
      type: attr('type', oneOf('both', 'code', 'data')),
      size: attr('size', u64),
      unit: opt(attr('unit', str)),
    }),
  ),
  monitors: kids(el('monitor', { level: attr('level', uint), vcpus: attr('vcpus', cpuset) })),
});
/** Parts of the host's cache for some virtual CPUs; `size` is in bytes unless `unit` says otherwise. */
export interface Cachetune extends Infer<typeof cachetune> {}
export const Cachetune: El<Cachetune> = cachetune;

const memorytune = el('memorytune', {
  vcpus: attr('vcpus', cpuset),
  nodes: kids(el('node', { id: attr('id', uint), bandwidth: attr('bandwidth', uint) })),
  monitors: kids(el('monitor', { vcpus: attr('vcpus', cpuset) })),
});
/** Shares of the host's memory bandwidth for some virtual CPUs, in percent. */
export interface Memorytune extends Infer<typeof memorytune> {}
export const Memorytune: El<Memorytune> = memorytune;

const cputune = el('cputune', {
  shares: opt(leaf('shares', uint)),
  period: opt(leaf('period', uint)),
  quota: opt(leaf('quota', int)),
  globalPeriod: opt(leaf('global_period', uint)),
  globalQuota: opt(leaf('global_quota', int)),
  emulatorPeriod: opt(leaf('emulator_period', uint)),
  emulatorQuota: opt(leaf('emulator_quota', int)),
  iothreadPeriod: opt(leaf('iothread_period', uint)),
  iothreadQuota: opt(leaf('iothread_quota', int)),
  vcpuPins: kids(VcpuPin),
  emulatorPin: opt(kid(EmulatorPin)),
  iothreadPins: kids(IoThreadPin),
  emulatorSched: opt(kid(EmulatorSched)),
  vcpuScheds: kids(VcpuSched),
  iothreadScheds: kids(IoThreadSched),
  cachetunes: kids(Cachetune),
  memorytunes: kids(Memorytune),
});
/**
 * Which CPUs of the host run what, and for how long: https://libvirt.org/formatdomain.html#cpu-tuning
 * Periods and quotas are in microseconds; a negative quota means no limit.
 */
export interface Cputune extends Infer<typeof cputune> {}
export const Cputune: El<Cputune> = cputune;
