import { cpuset } from '../dsl/cpuset.ts';
import { oneOf, uint, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, opt, text } from '../dsl/field.ts';

const vcpu = el('vcpu', {
  placement: opt(attr('placement', oneOf('static', 'auto'))),
  cpuset: opt(attr('cpuset', cpuset)),
  /** How many of them are there when the guest starts; all without it. */
  current: opt(attr('current', uint)),
  value: text(uint),
});
/** How many virtual CPUs the guest can have: https://libvirt.org/formatdomain.html#cpu-allocation */
export interface Vcpu extends Infer<typeof vcpu> {}
export const Vcpu: El<Vcpu> = vcpu;

const vcpus = el('vcpus', {
  vcpus: kids(
    el('vcpu', {
      id: attr('id', uint),
      enabled: attr('enabled', yesNo),
      hotpluggable: opt(attr('hotpluggable', yesNo)),
      order: opt(attr('order', uint)),
    }),
  ),
});
/** The state of each virtual CPU. */
export interface Vcpus extends Infer<typeof vcpus> {}
export const Vcpus: El<Vcpus> = vcpus;

const pool = {
  threadPoolMin: opt(attr('thread_pool_min', uint)),
  threadPoolMax: opt(attr('thread_pool_max', uint)),
} as const;

const ioThreadIds = el('iothreadids', {
  iothreads: kids(
    el('iothread', {
      id: attr('id', uint),
      ...pool,
      /** Polling times, in nanoseconds. */
      poll: opt(
        kid(
          el('poll', { max: opt(attr('max', uint)), grow: opt(attr('grow', uint)), shrink: opt(attr('shrink', uint)) }),
        ),
      ),
    }),
  ),
});
/** The I/O threads one by one: https://libvirt.org/formatdomain.html#iothreads-allocation */
export interface IoThreadIds extends Infer<typeof ioThreadIds> {}
export const IoThreadIds: El<IoThreadIds> = ioThreadIds;

const defaultIoThread = el('defaultiothread', pool);
/** The thread pool of QEMU's main loop. */
export interface DefaultIoThread extends Infer<typeof defaultIoThread> {}
export const DefaultIoThread: El<DefaultIoThread> = defaultIoThread;
