import { mac, oneOf, onOff, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, foreign, kid, kids, leaf, leaves, opt } from '../dsl/field.ts';
import { namespace } from '../dsl/name.ts';
import { pciFields } from './address.ts';
import { Bandwidth, InterfaceRoute, VirtualPort, Vlan } from './network-port.ts';

const dnsmasq = namespace('dnsmasq', 'http://libvirt.org/schemas/network/dnsmasq/1.0');

const range = { start: attr('start', str), end: attr('end', str) } as const;
const nat = el('nat', {
  ipv6: opt(attr('ipv6', yesNo)),
  addresses: kids(el('address', range)),
  ports: kids(el('port', { start: attr('start', uint), end: attr('end', uint) })),
});
const forward = el('forward', {
  mode: opt(attr('mode', openOneOf('nat', 'route', 'open', 'bridge', 'private', 'vepa', 'passthrough', 'hostdev'))),
  dev: opt(attr('dev', str)),
  managed: opt(attr('managed', yesNo)),
  driver: opt(
    kid(el('driver', { name: opt(attr('name', openOneOf('kvm', 'vfio', 'xen'))), model: opt(attr('model', str)) })),
  ),
  nat: opt(kid(nat)),
  pf: opt(kid(el('pf', { dev: attr('dev', str) }))),
  interfaces: kids(el('interface', { dev: attr('dev', str), connections: opt(attr('connections', uint)) })),
  /** Virtual functions to hand out, each of which libvirt may count the guests of. */
  addresses: kids(
    el('address', { type: attr('type', oneOf('pci')), ...pciFields, connections: opt(attr('connections', uint)) }),
  ),
});
/** How a network is connected to the host's networks; without it, it is isolated. */
export interface NetworkForward extends Infer<typeof forward> {}
export const NetworkForward: El<NetworkForward> = forward;

const bridge = el('bridge', {
  name: opt(attr('name', str)),
  zone: opt(attr('zone', str)),
  stp: opt(attr('stp', onOff)),
  /** Seconds before a new port forwards. */
  delay: opt(attr('delay', uint)),
  macTableManager: opt(attr('macTableManager', oneOf('kernel', 'libvirt'))),
});
/** The bridge behind a network. */
export interface NetworkBridge extends Infer<typeof bridge> {}
export const NetworkBridge: El<NetworkBridge> = bridge;

const dns = el('dns', {
  enable: opt(attr('enable', yesNo)),
  forwardPlainNames: opt(attr('forwardPlainNames', yesNo)),
  forwarders: kids(el('forwarder', { domain: opt(attr('domain', str)), addr: opt(attr('addr', str)) })),
  txts: kids(el('txt', { name: attr('name', str), value: attr('value', str) })),
  srvs: kids(
    el('srv', {
      service: attr('service', str),
      protocol: attr('protocol', str),
      domain: opt(attr('domain', str)),
      target: opt(attr('target', str)),
      port: opt(attr('port', uint)),
      priority: opt(attr('priority', uint)),
      weight: opt(attr('weight', uint)),
    }),
  ),
  hosts: kids(el('host', { ip: attr('ip', str), hostnames: leaves('hostname', str) })),
});
/** Names that the network's server answers. */
export interface NetworkDns extends Infer<typeof dns> {}
export const NetworkDns: El<NetworkDns> = dns;

const lease = el('lease', {
  expiry: attr('expiry', uint),
  unit: opt(attr('unit', oneOf('seconds', 'minutes', 'hours'))),
});
const dhcp = el('dhcp', {
  ranges: kids(el('range', { ...range, lease: opt(kid(lease)) })),
  hosts: kids(
    el('host', {
      mac: opt(attr('mac', mac)),
      id: opt(attr('id', str)),
      name: opt(attr('name', str)),
      ip: opt(attr('ip', str)),
      lease: opt(kid(lease)),
    }),
  ),
  bootp: opt(kid(el('bootp', { file: attr('file', str), server: opt(attr('server', str)) }))),
});
/** Addresses that the network's server hands out. */
export interface NetworkDhcp extends Infer<typeof dhcp> {}
export const NetworkDhcp: El<NetworkDhcp> = dhcp;

const ip = el('ip', {
  family: opt(attr('family', oneOf('ipv4', 'ipv6'))),
  address: opt(attr('address', str)),
  netmask: opt(attr('netmask', str)),
  prefix: opt(attr('prefix', uint)),
  localPtr: opt(attr('localPtr', yesNo)),
  tftp: opt(kid(el('tftp', { root: attr('root', str) }))),
  dhcp: opt(kid(NetworkDhcp)),
});
/** An address of the host in the network. */
export interface NetworkIp extends Infer<typeof ip> {}
export const NetworkIp: El<NetworkIp> = ip;

const portGroup = el('portgroup', {
  name: attr('name', str),
  default: opt(attr('default', yesNo)),
  trustGuestRxFilters: opt(attr('trustGuestRxFilters', yesNo)),
  vlan: opt(kid(Vlan)),
  virtualPort: opt(kid(VirtualPort)),
  bandwidth: opt(kid(Bandwidth)),
});
/** Settings for the interfaces of one kind. */
export interface PortGroup extends Infer<typeof portGroup> {}
export const PortGroup: El<PortGroup> = portGroup;

const network = el('network', {
  connections: opt(attr('connections', uint)),
  ipv6: opt(attr('ipv6', yesNo)),
  trustGuestRxFilters: opt(attr('trustGuestRxFilters', yesNo)),
  name: leaf('name', str),
  uuid: opt(leaf('uuid', uuid)),
  title: opt(leaf('title', str)),
  description: opt(leaf('description', str)),
  metadata: opt(kid(el('metadata', { nodes: foreign() }))),
  forward: opt(kid(NetworkForward)),
  bridge: opt(kid(NetworkBridge)),
  mtu: opt(kid(el('mtu', { size: attr('size', uint) }))),
  mac: opt(kid(el('mac', { address: attr('address', mac) }))),
  domain: opt(
    kid(
      el('domain', {
        name: attr('name', str),
        localOnly: opt(attr('localOnly', yesNo)),
        register: opt(attr('register', yesNo)),
      }),
    ),
  ),
  dns: opt(kid(NetworkDns)),
  vlan: opt(kid(Vlan)),
  bandwidth: opt(kid(Bandwidth)),
  port: opt(kid(el('port', { isolated: opt(attr('isolated', yesNo)) }))),
  ips: kids(NetworkIp),
  routes: kids(InterfaceRoute),
  virtualPort: opt(kid(VirtualPort)),
  portGroups: kids(PortGroup),
  /** Options that dnsmasq gets as they are. */
  dnsmasqOptions: opt(
    kid(el(dnsmasq('options'), { options: kids(el(dnsmasq('option'), { value: attr('value', str) })) })),
  ),
});
/** A virtual network: https://libvirt.org/formatnetwork.html */
export interface Network extends Infer<typeof network> {}
export const Network: El<Network> = network;
