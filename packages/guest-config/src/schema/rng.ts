import { oneOf, openOneOf, onOff, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, opt, text } from '../dsl/field.ts';
import { Address } from './address.ts';
import { CharLog, CharProtocol } from './chardev.ts';
import { AcpiIndex, Alias, DeviceSeclabel, Reconnect, VirtioDriver } from './common.ts';

const egdSource = el('source', {
  mode: opt(attr('mode', oneOf('connect', 'bind'))),
  host: opt(attr('host', str)),
  service: opt(attr('service', str)),
  tls: opt(attr('tls', yesNo)),
  path: opt(attr('path', str)),
  append: opt(attr('append', onOff)),
  reconnect: opt(kid(Reconnect)),
  seclabels: kids(DeviceSeclabel),
});

const backend = union(
  'backend',
  'model',
  {},
  {
    /** A device of the host; libvirt's default is /dev/urandom. */
    random: { path: opt(text(str)) },
    egd: {
      type: opt(attr('type', openOneOf('unix', 'tcp', 'udp', 'dev', 'file', 'pipe', 'pty', 'spicevmc'))),
      sources: kids(egdSource),
      protocol: opt(kid(CharProtocol)),
      log: opt(kid(CharLog)),
    },
    builtin: {},
  },
);
/** Where random numbers come from. */
export type RngBackend = Alternatives<Infer<typeof backend>>;
export const RngBackend: El<RngBackend> = backend;

const rng = el('rng', {
  model: attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional')),
  /** `bytes` per `period` milliseconds. */
  rate: opt(kid(el('rate', { bytes: attr('bytes', uint), period: opt(attr('period', uint)) }))),
  backend: kid(RngBackend),
  driver: opt(kid(VirtioDriver)),
  acpi: opt(kid(AcpiIndex)),
  alias: opt(kid(Alias)),
  address: opt(kid(Address)),
});
/** A random number generator: https://libvirt.org/formatdomain.html#random-number-generator-device */
export interface Rng extends Infer<typeof rng> {}
export const Rng: El<Rng> = rng;
