import { int, oneOf, openOneOf, str, trueFalse, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kids, leaf, opt } from '../dsl/field.ts';
import { FilterRef } from './interface.ts';

/** Values may be variables such as `$IP`, so all of them are text. */
const text = (name: string) => opt(attr(name, str));
const common = { match: opt(attr('match', yesNo)), comment: text('comment') } as const;
const macs = {
  srcMac: text('srcmacaddr'),
  srcMacMask: text('srcmacmask'),
  dstMac: text('dstmacaddr'),
  dstMacMask: text('dstmacmask'),
} as const;

const frame = el('mac', { ...common, ...macs, protocolId: text('protocolid') });
/** Matches Ethernet frames. */
export interface FrameMatch extends Infer<typeof frame> {}
export const FrameMatch: El<FrameMatch> = frame;

const vlanFrame = el('vlan', {
  ...common,
  ...macs,
  vlanId: text('vlanid'),
  encapProtocol: text('encap-protocol'),
});
/** Matches tagged frames. */
export interface VlanMatch extends Infer<typeof vlanFrame> {}
export const VlanMatch: El<VlanMatch> = vlanFrame;

const stp = el('stp', {
  ...common,
  srcMac: text('srcmacaddr'),
  srcMacMask: text('srcmacmask'),
  type: text('type'),
  typeHi: text('type-hi'),
  flags: text('flags'),
  flagsHi: text('flags-hi'),
  rootPriority: text('root-priority'),
  rootPriorityHi: text('root-priority-hi'),
  rootAddress: text('root-address'),
  rootAddressMask: text('root-address-mask'),
  rootCost: text('root-cost'),
  rootCostHi: text('root-cost-hi'),
  senderPriority: text('sender-priority'),
  senderPriorityHi: text('sender-priority-hi'),
  senderAddress: text('sender-address'),
  senderAddressMask: text('sender-address-mask'),
  port: text('port'),
  portHi: text('port-hi'),
  age: text('age'),
  ageHi: text('age-hi'),
  maxAge: text('max-age'),
  maxAgeHi: text('max-age-hi'),
  helloTime: text('hello-time'),
  helloTimeHi: text('hello-time-hi'),
  forwardDelay: text('forward-delay'),
  forwardDelayHi: text('forward-delay-hi'),
});
/** Matches frames of the spanning tree protocol; each `Hi` field makes a range of the one before it. */
export interface StpMatch extends Infer<typeof stp> {}
export const StpMatch: El<StpMatch> = stp;

const arp = el('arp', {
  ...common,
  ...macs,
  hwType: text('hwtype'),
  protocolType: text('protocoltype'),
  opcode: text('opcode'),
  arpSrcMac: text('arpsrcmacaddr'),
  arpDstMac: text('arpdstmacaddr'),
  arpSrcIp: text('arpsrcipaddr'),
  arpSrcIpMask: text('arpsrcipmask'),
  arpDstIp: text('arpdstipaddr'),
  arpDstIpMask: text('arpdstipmask'),
  gratuitous: opt(attr('gratuitous', trueFalse)),
});
/** Matches ARP and RARP packets. */
export interface ArpMatch extends Infer<typeof arp> {}
export const ArpMatch: El<ArpMatch> = arp;

const packet = el('all', {
  ...common,
  ...macs,
  srcIp: text('srcipaddr'),
  srcIpMask: text('srcipmask'),
  dstIp: text('dstipaddr'),
  dstIpMask: text('dstipmask'),
  srcIpFrom: text('srcipfrom'),
  srcIpTo: text('srcipto'),
  dstIpFrom: text('dstipfrom'),
  dstIpTo: text('dstipto'),
  protocol: text('protocol'),
  srcPortStart: text('srcportstart'),
  srcPortEnd: text('srcportend'),
  dstPortStart: text('dstportstart'),
  dstPortEnd: text('dstportend'),
  type: text('type'),
  code: text('code'),
  typeEnd: text('typeend'),
  codeEnd: text('codeend'),
  dscp: text('dscp'),
  flags: text('flags'),
  option: text('option'),
  state: text('state'),
  connLimitAbove: text('connlimit-above'),
  ipSet: text('ipset'),
  ipSetFlags: text('ipsetflags'),
});
/** Matches IP packets; which fields make sense depends on the protocol. */
export interface PacketMatch extends Infer<typeof packet> {}
export const PacketMatch: El<PacketMatch> = packet;

const rule = el('rule', {
  action: attr('action', oneOf('drop', 'accept', 'reject', 'return', 'continue')),
  direction: attr('direction', oneOf('in', 'out', 'inout')),
  /** Lower numbers come first; 500 without it. */
  priority: opt(attr('priority', int)),
  /** `false` leaves out connection tracking. */
  stateMatch: opt(attr('statematch', openOneOf('0', '1', 'true', 'false'))),
  mac: kids(FrameMatch, 'mac'),
  stp: kids(StpMatch, 'stp'),
  vlan: kids(VlanMatch, 'vlan'),
  arp: kids(ArpMatch, 'arp'),
  rarp: kids(ArpMatch, 'rarp'),
  ip: kids(PacketMatch, 'ip'),
  ipv6: kids(PacketMatch, 'ipv6'),
  tcp: kids(PacketMatch, 'tcp'),
  udp: kids(PacketMatch, 'udp'),
  udplite: kids(PacketMatch, 'udplite'),
  sctp: kids(PacketMatch, 'sctp'),
  icmp: kids(PacketMatch, 'icmp'),
  igmp: kids(PacketMatch, 'igmp'),
  esp: kids(PacketMatch, 'esp'),
  ah: kids(PacketMatch, 'ah'),
  all: kids(PacketMatch, 'all'),
  tcpIpv6: kids(PacketMatch, 'tcp-ipv6'),
  udpIpv6: kids(PacketMatch, 'udp-ipv6'),
  udpliteIpv6: kids(PacketMatch, 'udplite-ipv6'),
  sctpIpv6: kids(PacketMatch, 'sctp-ipv6'),
  icmpv6: kids(PacketMatch, 'icmpv6'),
  espIpv6: kids(PacketMatch, 'esp-ipv6'),
  ahIpv6: kids(PacketMatch, 'ah-ipv6'),
  allIpv6: kids(PacketMatch, 'all-ipv6'),
});
/** What happens to packets that match. */
export interface FilterRule extends Infer<typeof rule> {}
export const FilterRule: El<FilterRule> = rule;

const filter = el('filter', {
  name: attr('name', str),
  chain: opt(attr('chain', openOneOf('root', 'mac', 'stp', 'vlan', 'arp', 'rarp', 'ipv4', 'ipv6'))),
  priority: opt(attr('priority', int)),
  uuid: opt(leaf('uuid', uuid)),
  filterRefs: kids(FilterRef),
  rules: kids(FilterRule),
});
/** A network filter: https://libvirt.org/formatnwfilter.html */
export interface NetworkFilter extends Infer<typeof filter> {}
export const NetworkFilter: El<NetworkFilter> = filter;
