import type { Devices, LaunchSecurity } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';
import { agreedBoolean } from './wish.ts';

/** Nova's policy: no debugging, no key sharing, no migration, encrypted CPU state. */
const policyBits = 0x0033;

/**
 * AMD SEV for guests whose flavor (`hw:mem_encryption`) or image wants their memory hidden, on hosts that can. Follows Nova's
 * `_sev_enabled`: elsewhere the wish is not looked at. Throws `FLAVOR_IMAGE_CONFLICT`, `MACHINE_TYPE_UNAVAILABLE`.
 */
export function launchSecurity(policy: GuestPolicy): LaunchSecurity | undefined {
  const { host, image, machine = '' } = policy;
  if (!isQemu(policy) || !host.sev) return undefined;
  if (!agreedBoolean(policy, 'hw:mem_encryption', image.hwMemEncryption)) return undefined;
  if (image.hwFirmwareType !== 'uefi') {
    const message =
      'Encrypted memory is wished for, which needs UEFI, and the image does not say hw_firmware_type=uefi.';
    const fix = 'Take an image for UEFI, or another flavor.';
    throw new DesignerError('FLAVOR_IMAGE_CONFLICT', message, { context: { firmware: image.hwFirmwareType }, fix });
  }
  const sev = machine.includes('q35') ? host.sev[machine] : undefined;
  if (sev) return { type: 'sev', policy: policyBits, ...sev };
  const message = `Encrypted memory is wished for, which machines of type "${machine}" cannot have on this host.`;
  const fix = 'Set hw_machine_type of the image to q35.';
  throw new DesignerError('MACHINE_TYPE_UNAVAILABLE', message, { context: { machine }, fix });
}

/** Devices of a guest with encrypted memory: each virtio device goes through the IOMMU, or it could not read the guest's memory. */
export function throughIommu(devices: Devices): Devices {
  const { disks, interfaces, controllers, videos, rngs, memballoon } = devices;
  return {
    ...devices,
    disks: disks?.map((disk) => (disk.target?.bus === 'virtio' ? withIommu(disk) : disk)),
    interfaces: interfaces?.map((one) => (one.model?.type === 'virtio' ? withIommu(one) : one)),
    controllers: controllers?.map((one) => (isVirtioController(one) ? withIommu(one) : one)),
    videos: videos?.map((video) => (video.model?.type === 'virtio' ? withIommu(video) : video)),
    rngs: rngs?.map(withIommu),
    memballoon: memballoon && withIommu(memballoon),
  };
}

function isVirtioController(controller: NonNullable<Devices['controllers']>[number]): boolean {
  return controller.type === 'virtio-serial' || (controller.type === 'scsi' && controller.model === 'virtio-scsi');
}

function withIommu<Device extends { readonly driver?: object | undefined }>(device: Device): Device {
  return { ...device, driver: { ...device.driver, iommu: true } };
}
