import type { Vif } from '@spawnkit/instance';
import type { GuestPolicy } from './guest-policy.ts';
import {
  type Backend,
  bridge,
  ethernet,
  invalidVif,
  ivs,
  macvtap,
  network,
  ovs,
  user,
  vhostuser,
} from './interface-backend.ts';
import { externalSwitch, hardwareSwitch, portProfile, representedFunction, vdpa } from './interface-passthrough.ts';

/** Types whose VIF is a whole PCI device of the guest instead of an interface. */
const hostDeviceTypes: readonly string[] = ['hostdev_physical', 'ib_hostdev'];

/** Whether the VIF is a PCI device handed to the guest as it is. */
export function isHostDevice({ type }: Vif): boolean {
  return type !== undefined && hostDeviceTypes.includes(type);
}

/** The host's side of a VIF, by its type and kind of card. Throws `VIF_INVALID`. */
export function interfaceBackend(policy: GuestPolicy, vif: Vif): Backend {
  if (vif.type === undefined) throw invalidVif(vif, 'has no type', 'Bind the port to this host.');
  const design = Object.hasOwn(types, vif.type) ? types[vif.type] : undefined;
  if (design) return design(vif, policy);
  const known = Object.keys(types).join(', ');
  throw invalidVif(vif, `has the type "${vif.type}"`, `Bind the port again; types are ${known}.`);
}

const types: Readonly<Record<string, (vif: Vif, policy: GuestPolicy) => Backend>> = {
  network,
  user,
  bridge,
  ovs: switched,
  agilio_ovs: (vif, policy) => (vif.vnicType === 'virtio-forwarder' ? vhostuser(vif) : switched(vif, policy)),
  vrouter: routed,
  ivs,
  tap: (vif) => ethernet(vif, { bandwidth: false }),
  iovisor: (vif) => ethernet(vif, { mtu: false }),
  midonet: (vif) => ethernet(vif, { mtu: false, bandwidth: false }),
  macvtap,
  vhostuser,
  hw_veb: (vif, policy) => hardwareSwitch(policy, vif),
  '802.1qbg': externalSwitch,
  '802.1qbh': (vif, policy) => portProfile(policy, vif),
};

function switched(vif: Vif, policy: GuestPolicy): Backend {
  if (vif.vnicType === 'vdpa') return vdpa(policy, vif);
  return vif.vnicType === 'direct' || vif.vnicType === 'remote-managed' ? representedFunction(vif) : ovs(vif);
}

function routed(vif: Vif): Backend {
  if (vif.vnicType === 'normal') return ethernet(vif);
  if (vif.vnicType === 'direct') return representedFunction(vif);
  if (vif.vnicType === 'virtio-forwarder') return vhostuser(vif);
  const why = `is a card of the kind "${vif.vnicType}", which a vRouter cannot connect`;
  throw invalidVif(vif, why, 'Bind the port again.');
}
