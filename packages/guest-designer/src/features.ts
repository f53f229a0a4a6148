import type { Features, HyperV } from '@spawnkit/guest-config';
import { domainType, type GuestPolicy, isQemu, isX86 } from './guest-policy.ts';
import { wantsIommu } from './iommu.ts';
import { agreedBoolean, flavorBoolean } from './wish.ts';

const on = { state: true } as const;

/** What other parts of the design need of the hypervisor. */
export interface FeatureNeeds {
  /** For firmware with secure boot. */
  readonly smm: boolean;
  /** The guest boots by UEFI. */
  readonly uefi: boolean;
}

/** What the hypervisor offers the guest; undefined for containers. Follows Nova's `_set_features`. Throws `FLAVOR_IMAGE_CONFLICT`. */
export function guestFeatures(policy: GuestPolicy, needs: FeatureNeeds): Features | undefined {
  if (!isQemu(policy)) return undefined;
  const { config, image, arch, request } = policy;
  const hidden = hidesHypervisor(policy);
  const pmu = agreedBoolean(policy, 'hw:pmu', image.hwPmu);
  return {
    // ARM machines hand their ACPI tables over by UEFI; without it libvirt refuses them, and a device tree does the same.
    ...((arch !== 'aarch64' || needs.uefi) && { acpi: true }),
    ...(!config.libvirtDisableApic && { apic: {} }),
    ...(request.instance.osType === 'windows' && { hyperv: enlightenments(policy, hidden) }),
    ...(hidden && { kvm: { hidden: on } }),
    ...(pmu !== undefined && { pmu: { state: pmu } }),
    ...((isX86(policy) || arch === 'aarch64') && { vmcoreinfo: {} }),
    ...(needs.smm && { smm: on }),
    // An IOMMU remaps interrupts.
    ...(wantsIommu(policy) && isX86(policy) && { ioapic: { driver: 'qemu' } }),
    ...tcg(policy),
  };
}

function hidesHypervisor({ flavor, image }: GuestPolicy): boolean {
  const specs = [flavor.extraSpecs.hide_hypervisor_id, flavor.extraSpecs['hw:hide_hypervisor_id']];
  return specs.some((text) => text !== undefined && flavorBoolean(text)) || image.imgHideHypervisorId === true;
}

function enlightenments({ host }: GuestPolicy, hidden: boolean): HyperV {
  return {
    relaxed: on,
    vapic: on,
    // What KVM's maintainers advise for Windows.
    spinlocks: { state: true, retries: 8191 },
    // Some drivers refuse to work when they meet Hyper-V's own name.
    ...(hidden && { vendorId: { state: true, value: '1234567890ab' } }),
    vpindex: on,
    runtime: on,
    synic: on,
    reset: on,
    frequencies: on,
    reenlightenment: on,
    tlbflush: on,
    ipi: on,
    // Speeds up nested guests on Intel's CPUs; KVM on others does not start with it, as Nova found in its bug 2009280.
    ...((host.cpuVendor ?? 'Intel') === 'Intel' && { evmcs: on }),
  };
}

/** libvirt takes this from guests without KVM only. */
function tcg(policy: GuestPolicy): Pick<Features, 'tcg'> {
  const { tcgTbCacheMiB } = policy.config;
  if (tcgTbCacheMiB === undefined || domainType(policy) !== 'qemu') return {};
  return { tcg: { tbCache: { unit: 'MiB', value: BigInt(tcgTbCacheMiB) } } };
}
