import type { Vif } from '@spawnkit/instance';
import { aCreatingVif, aSwitchedVif, aVif } from './a-vif.ts';

const profile = { pci_slot: '0000:05:01.2' };
const devname = 'tap11111111-aa';

/** One VIF of every kind that makes or changes something on the host. */
export const everyVif: Readonly<Record<string, Vif>> = {
  bridge: aCreatingVif({ meta: { bridge_interface: 'eth0', mtu: 1400 } }),
  'bridge, MTU above the uplink’s': aCreatingVif({ meta: { bridge_interface: 'eth0', mtu: 9000 } }),
  'bridge over a VLAN': aCreatingVif({ meta: { bridge_interface: 'eth0', should_create_vlan: true, vlan: 99 } }),
  'bridge, not filtered elsewhere': aVif({
    meta: { should_create_bridge: true },
    more: { details: { port_filter: false } },
  }),
  'ovs native': aSwitchedVif(),
  'ovs native, port by libvirt': aSwitchedVif({}, { delegate_create: false }),
  'ovs hybrid': aSwitchedVif({ ovs_hybrid_plug: true }),
  'ovs trunk': aVif({ type: 'ovs', bridge: 'tbr-1234', more: { devname, delegate_create: true } }),
  'ovs representor': aSwitchedVif({}, { vnic_type: 'direct', profile }),
  'vhost-user on ovs': aVif({
    type: 'vhostuser',
    bridge: 'br-ovs',
    more: { details: { vhostuser_ovs_plug: true, vhostuser_socket: '/run/vhu', vhostuser_mode: 'server' } },
  }),
  tap: aVif({ type: 'tap', meta: { mtu: 1300 }, more: { devname, details: { mac_address: 'fa:16:3e:11:22:33' } } }),
  'macvtap over a VLAN': aVif({
    type: 'macvtap',
    more: {
      details: { macvtap_source: 'eth0.7', macvtap_mode: 'bridge', physical_interface: 'eth0', vlan: '7' },
    },
  }),
  'hw_veb macvtap': aVif({ type: 'hw_veb', more: { vnic_type: 'macvtap', profile, details: { vlan: 100 } } }),
  'hw_veb trusted': aVif({ type: 'hw_veb', more: { vnic_type: 'direct', profile: { ...profile, trusted: 'true' } } }),
  midonet: aVif({ type: 'midonet', more: { devname } }),
  iovisor: aVif({ type: 'iovisor', more: { devname } }),
  InfiniBand: aVif({ type: 'ib_hostdev', meta: { physical_network: 'fabric' }, more: { profile } }),
};
