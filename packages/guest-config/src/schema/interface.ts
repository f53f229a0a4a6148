import { int, mac, oneOf, onOff, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, BackendDomain, Boot, Reconnect, Rom, Teaming } from './common.ts';
import { InterfaceIp, InterfaceRoute, Bandwidth, Vlan, VirtualPort } from './network-port.ts';

const macEl = el('mac', {
  address: attr('address', mac),
  type: opt(attr('type', oneOf('generated', 'static'))),
  check: opt(attr('check', yesNo)),
  currentAddress: opt(attr('currentAddress', mac)),
});
/** The hardware address of an interface. */
export interface Mac extends Infer<typeof macEl> {}
export const Mac: El<Mac> = macEl;

const offloads = {
  csum: opt(attr('csum', onOff)),
  gso: opt(attr('gso', onOff)),
  tso4: opt(attr('tso4', onOff)),
  tso6: opt(attr('tso6', onOff)),
  ecn: opt(attr('ecn', onOff)),
  ufo: opt(attr('ufo', onOff)),
  mrgRxbuf: opt(attr('mrg_rxbuf', onOff)),
} as const;
const offload = el('host', offloads);
/** Offloads of one side of a virtio interface. */
export interface Offloads extends Infer<typeof offload> {}
export const Offloads: El<Offloads> = offload;

const driver = el('driver', {
  name: opt(attr('name', openOneOf('vhost', 'qemu', 'vfio', 'kvm', 'xen'))),
  model: opt(attr('model', str)),
  txmode: opt(attr('txmode', oneOf('iothread', 'timer'))),
  ioeventfd: opt(attr('ioeventfd', onOff)),
  eventIdx: opt(attr('event_idx', onOff)),
  queues: opt(attr('queues', uint)),
  rxQueueSize: opt(attr('rx_queue_size', uint)),
  txQueueSize: opt(attr('tx_queue_size', uint)),
  rss: opt(attr('rss', onOff)),
  rssHashReport: opt(attr('rss_hash_report', onOff)),
  iommu: opt(attr('iommu', onOff)),
  ats: opt(attr('ats', onOff)),
  packed: opt(attr('packed', onOff)),
  pagePerVq: opt(attr('page_per_vq', onOff)),
  host: opt(kid(Offloads, 'host')),
  guest: opt(kid(Offloads, 'guest')),
});
/** Tuning of an interface's driver. */
export interface InterfaceDriver extends Infer<typeof driver> {}
export const InterfaceDriver: El<InterfaceDriver> = driver;

const filterRef = el('filterref', {
  filter: attr('filter', str),
  parameters: kids(el('parameter', { name: attr('name', str), value: attr('value', str) })),
});
/** The network filter of an interface, with values for its variables. */
export interface FilterRef extends Infer<typeof filterRef> {}
export const FilterRef: El<FilterRef> = filterRef;

const portForward = el('portForward', {
  proto: attr('proto', oneOf('tcp', 'udp')),
  address: opt(attr('address', str)),
  dev: opt(attr('dev', str)),
  ranges: kids(
    el('range', {
      start: attr('start', int),
      end: opt(attr('end', int)),
      to: opt(attr('to', int)),
      exclude: opt(attr('exclude', yesNo)),
    }),
  ),
});
/** Ports of the host that passt forwards. */
export interface PortForward extends Infer<typeof portForward> {}
export const PortForward: El<PortForward> = portForward;

const inner = { ips: kids(InterfaceIp), routes: kids(InterfaceRoute) } as const;
const socketSource = el('source', {
  address: opt(attr('address', str)),
  port: attr('port', int),
  local: opt(kid(el('local', { address: attr('address', str), port: attr('port', int) }))),
  ...inner,
});
/** A socket that connects guests without a network. */
export interface SocketSource extends Infer<typeof socketSource> {}
export const SocketSource: El<SocketSource> = socketSource;

const variants = {
  ethernet: { source: opt(kid(el('source', inner))) },
  bridge: {
    source: opt(
      kid(
        el('source', {
          bridge: attr('bridge', str),
          macTableManager: opt(attr('macTableManager', oneOf('kernel', 'libvirt'))),
          ...inner,
        }),
      ),
    ),
  },
  network: {
    source: opt(
      kid(
        el('source', {
          network: attr('network', str),
          portgroup: opt(attr('portgroup', str)),
          bridge: opt(attr('bridge', str)),
          portId: opt(attr('portid', uuid)),
          dev: opt(attr('dev', str)),
          mode: opt(attr('mode', str)),
          macTableManager: opt(attr('macTableManager', oneOf('kernel', 'libvirt'))),
          ...inner,
        }),
      ),
    ),
  },
  direct: {
    source: opt(
      kid(
        el('source', {
          dev: attr('dev', str),
          mode: opt(attr('mode', oneOf('vepa', 'bridge', 'private', 'passthrough'))),
          ...inner,
        }),
      ),
    ),
  },
  hostdev: {
    source: opt(
      kid(
        el('source', {
          missing: opt(attr('missing', yesNo)),
          address: opt(kid(Address)),
          vendor: opt(kid(el('vendor', { id: attr('id', str) }))),
          product: opt(kid(el('product', { id: attr('id', str) }))),
          ...inner,
        }),
      ),
    ),
  },
  vhostuser: {
    source: opt(
      kid(
        el('source', {
          type: opt(attr('type', oneOf('unix'))),
          path: opt(attr('path', str)),
          mode: opt(attr('mode', oneOf('server', 'client'))),
          dev: opt(attr('dev', str)),
          reconnect: opt(kid(Reconnect)),
          ...inner,
        }),
      ),
    ),
  },
  vdpa: { source: opt(kid(el('source', { dev: attr('dev', str), ...inner }))) },
  user: { source: opt(kid(el('source', { dev: opt(attr('dev', str)), ...inner }))) },
  internal: { source: opt(kid(el('source', { name: attr('name', str), ...inner }))) },
  server: { source: opt(kid(SocketSource)) },
  client: { source: opt(kid(SocketSource)) },
  mcast: { source: opt(kid(SocketSource)) },
  udp: { source: opt(kid(SocketSource)) },
  null: {},
  vds: {
    source: opt(
      kid(
        el('source', {
          switchId: attr('switchid', uuid),
          portId: opt(attr('portid', int)),
          portgroupId: opt(attr('portgroupid', str)),
          connectionId: opt(attr('connectionid', int)),
          ...inner,
        }),
      ),
    ),
  },
} as const;

const iface = union(
  'interface',
  'type',
  {
    managed: opt(attr('managed', yesNo)),
    trustGuestRxFilters: opt(attr('trustGuestRxFilters', yesNo)),
    mac: opt(kid(Mac)),
    source: slot,
    vlan: opt(kid(Vlan)),
    virtualPort: opt(kid(VirtualPort)),
    bandwidth: opt(kid(Bandwidth)),
    port: opt(kid(el('port', { isolated: opt(attr('isolated', yesNo)) }))),
    ips: kids(InterfaceIp),
    routes: kids(InterfaceRoute),
    portForwards: kids(PortForward),
    script: opt(kid(el('script', { path: attr('path', str) }))),
    downscript: opt(kid(el('downscript', { path: attr('path', str) }))),
    backendDomain: opt(kid(BackendDomain)),
    target: opt(kid(el('target', { dev: opt(attr('dev', str)), managed: opt(attr('managed', yesNo)) }))),
    guest: opt(kid(el('guest', { dev: opt(attr('dev', str)), actual: opt(attr('actual', str)) }))),
    model: opt(
      kid(el('model', { type: attr('type', openOneOf('virtio', 'e1000', 'e1000e', 'rtl8139', 'ne2k_pci', 'pcnet')) })),
    ),
    driver: opt(kid(InterfaceDriver)),
    backend: opt(
      kid(
        el('backend', {
          type: opt(attr('type', oneOf('default', 'passt'))),
          tap: opt(attr('tap', str)),
          vhost: opt(attr('vhost', str)),
          logFile: opt(attr('logFile', str)),
        }),
      ),
    ),
    filterRef: opt(kid(FilterRef)),
    boot: opt(kid(Boot)),
    rom: opt(kid(Rom)),
    tune: opt(kid(el('tune', { sndbuf: opt(leaf('sndbuf', uint)) }))),
    teaming: opt(kid(Teaming)),
    link: opt(kid(el('link', { state: attr('state', oneOf('up', 'down')) }))),
    mtu: opt(kid(el('mtu', { size: attr('size', uint) }))),
    coalesce: opt(
      kid(
        el('coalesce', { rx: opt(kid(el('rx', { frames: opt(kid(el('frames', { max: opt(attr('max', uint)) }))) }))) }),
      ),
    ),
    acpi: opt(kid(AcpiIndex)),
    alias: opt(kid(Alias)),
    address: opt(kid(Address)),
  },
  variants,
);
/**
 * A network interface; `type` says what it is connected to: https://libvirt.org/formatdomain.html#network-interfaces
 */
export type Interface = Alternatives<Infer<typeof iface>>;
export const Interface: El<Interface> = iface;
