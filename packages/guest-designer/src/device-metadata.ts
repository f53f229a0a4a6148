import type { Address, Disk, Domain, Hostdev, Interface, PciSourceAddress } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import { pciAddress, pciText } from './pci-address.ts';
import { flavorBoolean } from './wish.ts';

/** What a guest is told about one of its devices; a config drive carries it as `devices`. */
export type DeviceMetadata = NicMetadata | DiskMetadata;

export interface NicMetadata {
  readonly kind: 'nic';
  readonly mac: string;
  readonly bus?: DeviceBus | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly vlan?: number | undefined;
  readonly vfTrusted?: boolean | undefined;
}

export interface DiskMetadata {
  readonly kind: 'disk';
  readonly bus?: DeviceBus | undefined;
  readonly serial?: string | undefined;
  readonly tags: readonly string[];
}

/** Where the guest finds the device; `address` is missing where the guest sees none, as on SCSI. */
export interface DeviceBus {
  readonly type: 'pci' | 'scsi' | 'ide' | 'usb';
  /** `0000:00:03.0`. */
  readonly address?: string | undefined;
}

/** What the request says about its devices, beside the domain itself. */
export interface DeviceTags {
  readonly networkInfo: readonly Vif[];
  /** MAC address of a VIF → its tag. */
  readonly nicTags?: Readonly<Record<string, string>> | undefined;
  /** Device name in the guest (`vdb`) → its tag, and the id of the volume. */
  readonly diskTags?:
    | Readonly<Record<string, { readonly tag: string; readonly volumeId?: string | undefined }>>
    | undefined;
}

/**
 * The tagged devices of a defined domain, and network cards with a VLAN, at the addresses that libvirt gave them. `domain` is
 * the document as libvirt answers it. Follows Nova's `_build_device_metadata`, but gives a card that is a PCI device of the
 * host the address in the guest, where Nova tells the host's.
 */
export function deviceMetadataOf(domain: Domain, tags: DeviceTags): readonly DeviceMetadata[] {
  const { disks = [], interfaces = [], hostdevs = [] } = domain.devices ?? {};
  return [
    ...disks.map((disk) => diskMetadata(disk, tags)),
    ...interfaces.map((card) => interfaceMetadata(card, tags)),
    ...hostdevs.map((device) => hostdevMetadata(device, tags)),
  ].filter((one) => one !== undefined);
}

function diskMetadata({ target, address }: Disk, { diskTags = {} }: DeviceTags): DiskMetadata | undefined {
  const dev = target?.dev ?? '';
  const tagged = Object.hasOwn(diskTags, dev) ? diskTags[dev] : undefined;
  if (!tagged) return undefined;
  return { kind: 'disk', bus: pciBus(address) ?? diskBus(target?.bus), serial: tagged.volumeId, tags: [tagged.tag] };
}

function diskBus(bus: string | undefined): DeviceBus | undefined {
  return bus === 'scsi' || bus === 'ide' || bus === 'usb' ? { type: bus } : undefined;
}

function interfaceMetadata({ mac, address }: Interface, tags: DeviceTags): NicMetadata | undefined {
  const vif = tags.networkInfo.find((one) => sameMac(one.address, mac?.address));
  const nic = vif && nicMetadata(vif, pciBus(address), tags);
  return nic && { ...nic, vfTrusted: isTrusted(vif) };
}

/** A whole physical card: only virtual functions can be trusted. */
function hostdevMetadata(device: Hostdev, tags: DeviceTags): NicMetadata | undefined {
  const place = device.type === 'pci' ? device.source?.address : undefined;
  const vif = place && tags.networkInfo.find((one) => samePlace(pciAddress(one.profile.pci_slot), place));
  return vif && nicMetadata(vif, pciBus(device.address), tags);
}

function nicMetadata(vif: Vif, bus: DeviceBus | undefined, { nicTags = {} }: DeviceTags): NicMetadata | undefined {
  const tag = Object.entries(nicTags).find(([mac]) => sameMac(mac, vif.address))?.[1];
  const vlan = Number(vif.details.vlan ?? 0);
  const hasVlan = Number.isSafeInteger(vlan) && vlan > 0;
  if (!tag && !hasVlan) return undefined;
  return { kind: 'nic', mac: vif.address, bus, ...(tag && { tags: [tag] }), ...(hasVlan && { vlan }) };
}

function isTrusted({ profile }: Vif): boolean {
  return profile.trusted === true || (typeof profile.trusted === 'string' && flavorBoolean(profile.trusted));
}

function pciBus(address: Address | undefined): DeviceBus | undefined {
  return address?.type === 'pci' ? { type: 'pci', address: pciText(address) } : undefined;
}

function sameMac(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}

function samePlace(one: PciSourceAddress | undefined, other: PciSourceAddress): boolean {
  return one !== undefined && pciText(one) === pciText(other);
}
