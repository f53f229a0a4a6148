import type { Devices, Hostdev, PciSourceAddress } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';
import type { Accelerator } from './guest-request.ts';
import { slotOf } from './interface-passthrough.ts';
import { isHostDevice } from './interface-types.ts';
import { pciAddress, pciText } from './pci-address.ts';

/**
 * Devices of the host that the guest gets whole: VIFs that are PCI devices, devices claimed for the flavor's aliases,
 * accelerators, mediated devices. Throws `PCI_UNAVAILABLE`, `VIF_INVALID`.
 */
export function guestHostdevs(policy: GuestPolicy): readonly Hostdev[] {
  const { request } = policy;
  const functions = [
    ...request.networkInfo.filter(isHostDevice).map(slotOf),
    ...claimedDevices(policy),
    ...accelerators(request.accelerators ?? []),
  ];
  const mediated = request.mediatedDevices ?? [];
  return [...functions.map(pciDevice), ...mediated.map(mediatedDevice)];
}

/** Throws `PCI_UNAVAILABLE` when the guest would get one PCI device twice, by interfaces or otherwise. */
export function checkPciDevices({ interfaces = [], hostdevs = [] }: Pick<Devices, 'interfaces' | 'hostdevs'>): void {
  const given = [
    ...interfaces.flatMap((one) => (one.type === 'hostdev' && one.source?.address ? [one.source.address] : [])),
    ...hostdevs.flatMap((one) => (one.type === 'pci' && one.source?.address ? [one.source.address] : [])),
  ].map(pciText);
  const twice = given.find((address, index) => given.indexOf(address) < index);
  if (twice === undefined) return;
  const fix = 'Claim another device, or remove one of the ports, aliases or accelerators that name it.';
  throw new DesignerError('PCI_UNAVAILABLE', `The PCI device ${twice} is handed to the guest twice.`, {
    context: { address: twice },
    fix,
  });
}

/** Devices that came with a port belong to the interfaces. */
function claimedDevices(policy: GuestPolicy): readonly PciSourceAddress[] {
  const { pciDevices, pciRequests } = policy.request.instance;
  if (pciDevices.length > 0 && !isQemu(policy)) {
    const fix = 'Take a flavor without them.';
    throw new DesignerError('PCI_UNAVAILABLE', 'Containers cannot have PCI devices.', { context: { pciDevices }, fix });
  }
  const ofFlavor = pciRequests.filter(({ aliasName }) => aliasName !== undefined).map(({ requestId }) => requestId);
  return pciDevices.filter(({ requestId }) => ofFlavor.includes(requestId)).map(({ address }) => addressOf(address));
}

/** As in Nova, accelerators are left out unless all of them are PCI functions. */
function accelerators(all: readonly Accelerator[]): readonly PciSourceAddress[] {
  if (all.some(({ attachHandleType }) => attachHandleType !== 'PCI')) return [];
  return all.map(({ attachHandleInfo: { domain, bus, device, function: fn } }) =>
    addressOf(`${domain}:${bus}:${device}.${fn}`.replaceAll(/0x/gi, '')),
  );
}

function addressOf(text: string): PciSourceAddress {
  const address = pciAddress(text);
  if (address) return address;
  const fix = 'Name it like 0000:0b:00.1.';
  throw new DesignerError('PCI_UNAVAILABLE', `"${text}" is no PCI address.`, { context: { address: text }, fix });
}

function pciDevice(address: PciSourceAddress): Hostdev {
  return { type: 'pci', mode: 'subsystem', managed: true, source: { address } };
}

function mediatedDevice(uuid: string): Hostdev {
  return { type: 'mdev', mode: 'subsystem', managed: false, model: 'vfio-pci', source: { address: { uuid } } };
}
