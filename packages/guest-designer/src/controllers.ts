import type { Controller, Disk, Input } from '@spawnkit/guest-config';
import { type GuestPolicy, isPower, isQemu } from './guest-policy.ts';

/** Devices that decide about controllers. */
export interface AttachedDevices {
  readonly disks: readonly Disk[];
  readonly inputs: readonly Input[];
  /** The guest's memory is hidden from the host. */
  readonly isEncrypted: boolean;
}

/** Ports for devices plugged in later, and the USB controller or its absence. Follows Nova's `_guest_add_…` functions of these. */
export function guestControllers(policy: GuestPolicy, devices: AttachedDevices): readonly Controller[] {
  return [...serialController(policy, devices), ...pcieControllers(policy), usbController(policy, devices)];
}

/** libvirt adds one for the agent's channel, but does not know that it must go through the IOMMU. */
function serialController({ image }: GuestPolicy, { isEncrypted }: AttachedDevices): readonly Controller[] {
  return isEncrypted && image.hwQemuGuestAgent ? [{ type: 'virtio-serial' }] : [];
}

function pcieControllers(policy: GuestPolicy): readonly Controller[] {
  const { config, host, machine = '' } = policy;
  const isPcie =
    host.arch === 'aarch64' ? machine.startsWith('virt') : host.arch === 'x86_64' && machine.includes('q35');
  if (config.numPciePorts === 0 || !isPcie || !isQemu(policy)) return [];
  const port: Controller = { type: 'pci', model: 'pcie-root-port' };
  return [{ type: 'pci', model: 'pcie-root' }, ...Array.from({ length: config.numPciePorts }, () => port)];
}

/** libvirt adds one to most machines unless told not to. */
function usbController(policy: GuestPolicy, { disks, inputs }: AttachedDevices): Controller {
  const needed = disks.some((disk) => disk.target?.bus === 'usb') || inputs.some((input) => input.bus === 'usb');
  // POWER machines get keyboard and mouse on USB, and fail with the controller taken away.
  const keeps = needed || isPower(policy);
  return { type: 'usb', index: 0, ...(!keeps && { model: 'none' }) };
}
