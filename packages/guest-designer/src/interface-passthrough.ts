import type { Interface, PciSourceAddress, VirtualPort, Vlan } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import type { GuestPolicy } from './guest-policy.ts';
import { type Backend, invalidVif } from './interface-backend.ts';
import { pciAddress } from './pci-address.ts';

/** Connected by hardware, without a model or driver of QEMU's. */
const bare = { frontend: 'none', mtu: false, bandwidth: false } as const;

/** The virtual function itself, represented in a switch. */
export function representedFunction(vif: Vif): Backend {
  return { backend: hostDevice(vif), takes: bare };
}

/** The virtual function of a card that switches by itself; with `macvtap`, a device over the function. */
export function hardwareSwitch(policy: GuestPolicy, vif: Vif): Backend {
  return onFunction(policy, vif, { vlan: vlanOf(vif) });
}

/** The virtual function of a card that follows a port profile (802.1Qbh). */
export function portProfile(policy: GuestPolicy, vif: Vif): Backend {
  const { profileid } = vif.details;
  if (typeof profileid !== 'string') throw invalidVif(vif, 'lacks its profileid', 'Correct the binding details.');
  return onFunction(policy, vif, { virtualPort: { type: '802.1Qbh', parameters: { profileId: profileid } } });
}

/** A switch outside the host that tells ports apart by 802.1Qbg. */
export function externalSwitch(vif: Vif): Backend {
  const dev = vif.network.meta.interface;
  const { managerid, typeid, typeidversion, instanceid } = vif.qbgParams ?? {};
  const [managerId, typeId, typeIdVersion] = [managerid, typeid, typeidversion].map(number);
  const numbers = { managerId, typeId, typeIdVersion };
  if (typeof dev !== 'string' || !isUuid(instanceid) || Object.values(numbers).includes(undefined)) {
    const why = 'lacks its interface, or its qbg_params are not numbers and a UUID, which libvirt would refuse';
    throw invalidVif(vif, why, 'Correct the binding.');
  }
  const virtualPort: VirtualPort = { type: '802.1Qbg', parameters: { ...numbers, instanceId: instanceid } };
  return {
    backend: { type: 'direct', source: { dev, mode: 'vepa' }, virtualPort },
    takes: { frontend: 'full', mtu: false, bandwidth: true },
  };
}

/** A virtio device in hardware. */
export function vdpa({ host }: GuestPolicy, vif: Vif): Backend {
  const dev = host.vdpaDevices?.[slotText(vif)];
  if (dev === undefined) throw invalidVif(vif, `has no vDPA device behind ${slotText(vif)}`, 'Bind the port again.');
  return { backend: { type: 'vdpa', source: { dev } }, takes: bare };
}

/** The PCI function that the VIF was given. Throws `VIF_INVALID`. */
export function slotOf(vif: Vif): PciSourceAddress {
  const address = pciAddress(vif.profile.pci_slot);
  if (address) return address;
  throw invalidVif(vif, 'lacks a PCI address as pci_slot of its profile', 'Bind the port again.');
}

function onFunction(
  policy: GuestPolicy,
  vif: Vif,
  more: { readonly vlan?: Vlan | undefined; readonly virtualPort?: VirtualPort },
): Backend {
  if (vif.vnicType === 'direct' || vif.vnicType === 'accelerator-direct') {
    return { backend: { ...hostDevice(vif), ...more }, takes: { ...bare, bandwidth: true } };
  }
  const dev = policy.host.pciInterfaceNames?.[slotText(vif)];
  if (dev === undefined)
    throw invalidVif(vif, `has no network device behind ${slotText(vif)}`, 'Load the driver of its card.');
  const backend: Interface = { type: 'direct', source: { dev, mode: 'passthrough' }, ...more };
  return { backend, takes: { frontend: 'vhost', mtu: false, bandwidth: true } };
}

function hostDevice(vif: Vif): Interface {
  return { type: 'hostdev', managed: true, source: { address: { ...slotOf(vif), type: 'pci' } } };
}

function slotText({ profile }: Vif): string {
  return typeof profile.pci_slot === 'string' ? profile.pci_slot : '';
}

/** A network without VLAN says 0. */
function vlanOf(vif: Vif): Vlan | undefined {
  const id = number(vif.details.vlan);
  if (id === undefined) throw invalidVif(vif, 'lacks its VLAN', 'Correct the binding details; 0 means none.');
  return id > 0 ? { tags: [{ id }] } : undefined;
}

function number(value: unknown): number | undefined {
  const read = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof read === 'number' && Number.isSafeInteger(read) && read >= 0 ? read : undefined;
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
