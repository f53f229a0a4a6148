import { oneOf, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, opt } from '../dsl/field.ts';

const ip = el('ip', {
  address: attr('address', str),
  family: opt(attr('family', openOneOf('ipv4', 'ipv6'))),
  prefix: opt(attr('prefix', uint)),
  peer: opt(attr('peer', str)),
});
/** An address of an interface. */
export interface InterfaceIp extends Infer<typeof ip> {}
export const InterfaceIp: El<InterfaceIp> = ip;

const route = el('route', {
  family: opt(attr('family', openOneOf('ipv4', 'ipv6'))),
  address: attr('address', str),
  netmask: opt(attr('netmask', str)),
  prefix: opt(attr('prefix', uint)),
  gateway: attr('gateway', str),
  metric: opt(attr('metric', uint)),
});
/** A route over an interface. */
export interface InterfaceRoute extends Infer<typeof route> {}
export const InterfaceRoute: El<InterfaceRoute> = route;

const traffic = el('inbound', {
  average: opt(attr('average', uint)),
  peak: opt(attr('peak', uint)),
  burst: opt(attr('burst', uint)),
  floor: opt(attr('floor', uint)),
});
/** Limits of one direction: KiB a second, `burst` in KiB. */
export interface Traffic extends Infer<typeof traffic> {}
export const Traffic: El<Traffic> = traffic;

const bandwidth = el('bandwidth', {
  classId: opt(attr('classID', uint)),
  inbound: opt(kid(Traffic, 'inbound')),
  outbound: opt(kid(Traffic, 'outbound')),
});
/** Traffic limits: https://libvirt.org/formatdomain.html#quality-of-service */
export interface Bandwidth extends Infer<typeof bandwidth> {}
export const Bandwidth: El<Bandwidth> = bandwidth;

const vlan = el('vlan', {
  trunk: opt(attr('trunk', yesNo)),
  tags: kids(el('tag', { id: attr('id', uint), nativeMode: opt(attr('nativeMode', oneOf('tagged', 'untagged'))) })),
});
/** VLAN tags of an interface. */
export interface Vlan extends Infer<typeof vlan> {}
export const Vlan: El<Vlan> = vlan;

const virtualPort = el('virtualport', {
  type: opt(attr('type', openOneOf('openvswitch', 'midonet', '802.1Qbg', '802.1Qbh'))),
  parameters: opt(
    kid(
      el('parameters', {
        interfaceId: opt(attr('interfaceid', uuid)),
        profileId: opt(attr('profileid', str)),
        managerId: opt(attr('managerid', uint)),
        typeId: opt(attr('typeid', uint)),
        typeIdVersion: opt(attr('typeidversion', uint)),
        instanceId: opt(attr('instanceid', uuid)),
      }),
    ),
  ),
});
/** What a virtual switch has to know about the port. */
export interface VirtualPort extends Infer<typeof virtualPort> {}
export const VirtualPort: El<VirtualPort> = virtualPort;
