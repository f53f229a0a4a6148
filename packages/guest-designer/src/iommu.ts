import type { Iommu } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu, isX86 } from './guest-policy.ts';
import { invalidExtraSpec } from './wish.ts';

/** libvirt's versions that know a setting. */
const since = { addressWidth: 6_005_000, virtioModel: 8_003_000 } as const;

const wishKey = 'hw:viommu_model';
const models = ['intel', 'smmuv3', 'virtio', 'auto'] as const;

/** The IOMMU that flavor (`hw:viommu_model`) or image want. Follows Nova's `_guest_add_iommu_device`. Throws `IOMMU_UNAVAILABLE`, `INVALID_EXTRA_SPEC`. */
export function guestIommu(policy: GuestPolicy): Iommu | undefined {
  if (!wantsIommu(policy)) return undefined;
  const wish = iommuWish(policy);
  checkMachine(policy);
  const { host, machine = '' } = policy;
  const model = wish === 'auto' ? bestModel(policy) : wish;
  checkModel(policy, model);
  // Nova gives its settings to every model; libvirt takes them with this one only.
  if (model !== 'intel') return { model };
  return {
    model,
    driver: {
      intremap: true,
      cachingMode: true,
      iotlb: true,
      eim: machine.includes('q35'),
      // The larger of the two widths that QEMU takes.
      ...(host.libvirtVersion >= since.addressWidth && { awBits: 48 }),
    },
  };
}

/** Whether flavor or image want an IOMMU, whichever. */
export function wantsIommu(policy: GuestPolicy): boolean {
  return isQemu(policy) && wishedModel(policy) !== undefined;
}

function iommuWish(policy: GuestPolicy): (typeof models)[number] {
  const wish = wishedModel(policy);
  const model = models.find((one) => one === wish);
  if (model) return model;
  throw invalidExtraSpec(wishKey, wish ?? '', models.join(', '));
}

function wishedModel({ flavor, image }: GuestPolicy): string | undefined {
  return flavor.extraSpecs[wishKey] || image.hwViommuModel;
}

function checkMachine(policy: GuestPolicy): void {
  const { arch, machine } = policy;
  const needed = isX86(policy) ? 'q35' : arch === 'aarch64' ? 'virt' : undefined;
  if (needed !== undefined && (machine === undefined || machine.includes(needed))) return;
  const message = `${arch} machines of type "${machine ?? ''}" take no IOMMU.`;
  const fix = needed === undefined ? 'Remove hw:viommu_model.' : `Set hw_machine_type of the image to ${needed}.`;
  throw new DesignerError('IOMMU_UNAVAILABLE', message, { context: { arch, machine }, fix });
}

/** Each maker's IOMMU exists for its own architecture only; libvirt refuses it elsewhere. */
function checkModel(policy: GuestPolicy, model: string): void {
  const { arch, machine } = policy;
  if (model === 'virtio' || (model === 'intel') === isX86(policy)) return;
  const message = `The IOMMU "${model}" does not exist for ${arch} guests.`;
  throw new DesignerError('IOMMU_UNAVAILABLE', message, {
    context: { arch, machine, model },
    fix: 'Set hw:viommu_model to auto or virtio.',
  });
}

function bestModel({ host, machine }: GuestPolicy): string {
  if (host.libvirtVersion >= since.virtioModel) return 'virtio';
  return machine?.includes('q35') ? 'intel' : 'smmuv3';
}
