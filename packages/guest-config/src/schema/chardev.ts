import { oneOf, onOff, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Id, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, leaves, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, Boot, DeviceSeclabel, Reconnect } from './common.ts';

const pathSource = el('source', {
  path: opt(attr('path', str)),
  append: opt(attr('append', onOff)),
  seclabels: kids(DeviceSeclabel),
});
/** A file or device of the host; for `pty` libvirt fills it in. */
export interface CharPathSource extends Infer<typeof pathSource> {}
export const CharPathSource: El<CharPathSource> = pathSource;

const netSource = el('source', {
  mode: opt(attr('mode', oneOf('connect', 'bind'))),
  host: opt(attr('host', str)),
  service: opt(attr('service', str)),
  tls: opt(attr('tls', yesNo)),
  reconnect: opt(kid(Reconnect)),
});
/** A TCP or UDP end; `service` is a port or its name. */
export interface CharNetSource extends Infer<typeof netSource> {}
export const CharNetSource: El<CharNetSource> = netSource;

const unixSource = el('source', {
  mode: opt(attr('mode', oneOf('connect', 'bind'))),
  path: opt(attr('path', str)),
  reconnect: opt(kid(Reconnect)),
  seclabels: kids(DeviceSeclabel),
});
/** A UNIX socket. */
export interface CharUnixSource extends Infer<typeof unixSource> {}
export const CharUnixSource: El<CharUnixSource> = unixSource;

const channelSource = el('source', { channel: opt(attr('channel', str)) });
/** The name of a SPICE port or D-Bus channel. */
export interface CharChannelSource extends Infer<typeof channelSource> {}
export const CharChannelSource: El<CharChannelSource> = channelSource;

const vdagentSource = el('source', {
  clipboard: opt(kid(el('clipboard', { copypaste: attr('copypaste', yesNo) }))),
  mouse: opt(kid(el('mouse', { mode: attr('mode', oneOf('client', 'server')) }))),
});
/** What QEMU's own vdagent passes on. */
export interface CharVdagentSource extends Infer<typeof vdagentSource> {}
export const CharVdagentSource: El<CharVdagentSource> = vdagentSource;

const nmdmSource = el('source', { master: opt(attr('master', str)), slave: opt(attr('slave', str)) });
/** A FreeBSD null modem device. */
export interface CharNmdmSource extends Infer<typeof nmdmSource> {}
export const CharNmdmSource: El<CharNmdmSource> = nmdmSource;

const protocol = el('protocol', { type: opt(attr('type', oneOf('raw', 'telnet', 'telnets', 'tls'))) });
/** What is spoken on a TCP connection. */
export interface CharProtocol extends Infer<typeof protocol> {}
export const CharProtocol: El<CharProtocol> = protocol;

const log = el('log', { file: attr('file', str), append: opt(attr('append', onOff)) });
/** A file to which virtlogd copies the output. */
export interface CharLog extends Infer<typeof log> {}
export const CharLog: El<CharLog> = log;

const variants = {
  null: { source: opt(kid(CharPathSource)) },
  vc: { source: opt(kid(CharPathSource)) },
  pty: { source: opt(kid(CharPathSource)) },
  dev: { source: opt(kid(CharPathSource)) },
  file: { source: opt(kid(CharPathSource)) },
  pipe: { source: opt(kid(CharPathSource)) },
  stdio: { source: opt(kid(CharPathSource)) },
  unix: { source: opt(kid(CharUnixSource)), protocol: opt(kid(CharProtocol)) },
  tcp: { source: opt(kid(CharNetSource)), protocol: opt(kid(CharProtocol)) },
  /** One source to connect to, one to bind. */
  udp: { sources: kids(CharNetSource) },
  spicevmc: { source: opt(kid(CharPathSource)) },
  spiceport: { source: opt(kid(CharChannelSource)) },
  'qemu-vdagent': { source: opt(kid(CharVdagentSource)) },
  dbus: { source: opt(kid(CharChannelSource)) },
  nmdm: { source: opt(kid(CharNmdmSource)) },
} as const;
/** What `type` says about the host side: https://libvirt.org/formatdomain.html#host-interface */
export interface CharBackends extends Id<typeof variants> {}
export const charBackends: CharBackends = variants;

const target = el('target', {
  type: opt(
    attr(
      'type',
      openOneOf(
        'isa-serial',
        'usb-serial',
        'pci-serial',
        'system-serial',
        'sclp-serial',
        'serial',
        'virtio',
        'xen',
        'sclp',
      ),
    ),
  ),
  port: opt(attr('port', uint)),
  model: opt(kid(el('model', { name: attr('name', str) }))),
});
/** The guest side of a serial port, parallel port or console. */
export interface CharTarget extends Infer<typeof target> {}
export const CharTarget: El<CharTarget> = target;

/** Fields of every character device, in libvirt's order. */
const common = {
  tty: opt(attr('tty', str)),
  source: slot,
  sources: slot,
  protocol: slot,
  log: opt(kid(CharLog)),
} as const;
const tail = { acpi: opt(kid(AcpiIndex)), alias: opt(kid(Alias)), address: opt(kid(Address)) } as const;

const serial = union('serial', 'type', { ...common, target: opt(kid(CharTarget)), ...tail }, charBackends, 'pty');
/** A serial port. */
export type Serial = Alternatives<Infer<typeof serial>>;
export const Serial: El<Serial> = serial;

const parallel = union('parallel', 'type', { ...common, target: opt(kid(CharTarget)), ...tail }, charBackends, 'pty');
/** A parallel port. */
export type Parallel = Alternatives<Infer<typeof parallel>>;
export const Parallel: El<Parallel> = parallel;

const console = union('console', 'type', { ...common, target: opt(kid(CharTarget)), ...tail }, charBackends, 'pty');
/** The guest's console; the first one is the same as the first serial port. */
export type Console = Alternatives<Infer<typeof console>>;
export const Console: El<Console> = console;

const channelTarget = union(
  'target',
  'type',
  {},
  {
    virtio: { name: opt(attr('name', str)), state: opt(attr('state', oneOf('connected', 'disconnected'))) },
    xen: { name: opt(attr('name', str)), state: opt(attr('state', oneOf('connected', 'disconnected'))) },
    guestfwd: { address: attr('address', str), port: attr('port', uint) },
  },
);
/** How the guest sees a channel; `state` is libvirt's to say. */
export type ChannelTarget = Alternatives<Infer<typeof channelTarget>>;
export const ChannelTarget: El<ChannelTarget> = channelTarget;

const channel = union('channel', 'type', { ...common, target: opt(kid(ChannelTarget)), ...tail }, charBackends);
/** A private line between host and guest, such as the guest agent's. */
export type Channel = Alternatives<Infer<typeof channel>>;
export const Channel: El<Channel> = channel;

const redirdev = union(
  'redirdev',
  'type',
  { bus: attr('bus', oneOf('usb')), ...common, ...tail, boot: opt(kid(Boot)) },
  charBackends,
);
/** A USB device that a client brings. */
export type RedirDev = Alternatives<Infer<typeof redirdev>>;
export const RedirDev: El<RedirDev> = redirdev;

const smartcard = union(
  'smartcard',
  'mode',
  {
    certificates: slot,
    database: slot,
    source: slot,
    protocol: slot,
    log: slot,
    ...tail,
  },
  {
    host: {},
    'host-certificates': { certificates: leaves('certificate', str), database: opt(leaf('database', str)) },
    passthrough: {
      type: opt(
        attr(
          'type',
          openOneOf('spicevmc', 'tcp', 'unix', 'dev', 'file', 'pipe', 'pty', 'null', 'vc', 'stdio', 'udp', 'spiceport'),
        ),
      ),
      source: opt(kid(smartcardSource())),
      protocol: opt(kid(CharProtocol)),
      log: opt(kid(CharLog)),
    },
  },
);
/** A smart card reader; passed through, it has the backend of a character device. */
export type Smartcard = Alternatives<Infer<typeof smartcard>>;
export const Smartcard: El<Smartcard> = smartcard;

/** Discriminated by the element around it, so with the fields of all backends. */
function smartcardSource() {
  return el('source', {
    mode: opt(attr('mode', oneOf('connect', 'bind'))),
    host: opt(attr('host', str)),
    service: opt(attr('service', str)),
    tls: opt(attr('tls', yesNo)),
    path: opt(attr('path', str)),
    append: opt(attr('append', onOff)),
    reconnect: opt(kid(Reconnect)),
    seclabels: kids(DeviceSeclabel),
  });
}
