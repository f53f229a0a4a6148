import type { Loader, Nvram } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';
import type { FirmwareDescription } from './host-facts.ts';
import { canonicalMachine } from './machine.ts';
import { agreedWish, invalidExtraSpec } from './wish.ts';

/** UEFI of a guest: part of `<os>`. */
export interface Firmware {
  readonly loader: Loader;
  readonly nvram: Nvram;
}

/** What was chosen, and whether it needs system management mode. */
export interface FirmwareChoice {
  readonly firmware: Firmware;
  readonly requiresSmm: boolean;
}

/**
 * The UEFI firmware of the guest, undefined for BIOS. Secure boot is asked for by flavor (`os:secure_boot`) or image.
 * Follows Nova's `_configure_guest_by_virt_type`. Throws `UEFI_UNAVAILABLE`, `SECURE_BOOT_UNAVAILABLE`,
 * `FLAVOR_IMAGE_CONFLICT`, `INVALID_EXTRA_SPEC`.
 */
export function guestFirmware(policy: GuestPolicy): FirmwareChoice | undefined {
  if (!isQemu(policy) || !wantsUefi(policy)) return undefined;
  if (!policy.host.supportsUefi) throw uefiUnavailable(policy, 'libvirt has no UEFI firmware for its machines');
  const secure = wantsSecureBoot(policy);
  const found = policy.host.firmware?.find(
    (one) => fits(policy, one) && one.features.includes('secure-boot') === secure,
  );
  if (!found) {
    const why = 'no firmware description fits the machine type';
    throw secure ? secureBootUnavailable(why) : uefiUnavailable(policy, why);
  }
  const loader: Loader = { type: 'pflash', readonly: true, secure, path: found.executable };
  return {
    firmware: { loader, nvram: { template: found.nvramTemplate } },
    requiresSmm: found.features.includes('requires-smm'),
  };
}

/** ARM machines have nothing else. */
function wantsUefi({ image, arch }: GuestPolicy): boolean {
  return image.hwFirmwareType === undefined ? arch === 'aarch64' : image.hwFirmwareType === 'uefi';
}

function wantsSecureBoot(policy: GuestPolicy): boolean {
  const wish = secureBootWish(policy);
  if (wish !== 'required' && wish !== 'optional') return false;
  const obstacle = secureBootObstacle(policy);
  if (obstacle !== undefined && wish === 'required') throw secureBootUnavailable(obstacle);
  return obstacle === undefined;
}

function secureBootWish({ flavor, image }: GuestPolicy): string | undefined {
  const key = 'os:secure_boot';
  // An empty extra spec is none.
  const wish = agreedWish(key, flavor.extraSpecs[key] || undefined, image.osSecureBoot);
  if (wish === undefined || ['required', 'disabled', 'optional'].includes(wish)) return wish;
  throw invalidExtraSpec(key, wish, 'required, disabled or optional');
}

function secureBootObstacle({ host, arch, machine }: GuestPolicy): string | undefined {
  if (!host.supportsSecureBoot) return 'libvirt offers no secure loader on this host';
  return arch === 'x86_64' && !machine?.includes('q35') ? `machines of type "${machine}" cannot` : undefined;
}

function fits(policy: GuestPolicy, { targets }: FirmwareDescription): boolean {
  const machine = canonicalMachine(policy);
  const ofArchitecture = targets.filter(({ architecture }) => architecture === policy.arch);
  return machine !== undefined && ofArchitecture.some(({ machines }) => machines.some((one) => matches(one, machine)));
}

/** Shell patterns with `*` and `?`, which is all that firmware descriptions use. */
function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}

function uefiUnavailable({ arch, machine }: GuestPolicy, why: string): DesignerError {
  const message = `The guest needs UEFI, which this host cannot give to ${arch} machines of type "${machine ?? ''}": ${why}.`;
  const fix = 'Install the firmware (OVMF, AAVMF), or remove hw_firmware_type from the image.';
  return new DesignerError('UEFI_UNAVAILABLE', message, { context: { arch, machine }, fix });
}

function secureBootUnavailable(why: string): DesignerError {
  const message = `Secure boot is required and cannot be had: ${why}.`;
  const fix = 'Take a q35 machine on a host with OVMF for secure boot, or make secure boot optional.';
  return new DesignerError('SECURE_BOOT_UNAVAILABLE', message, { context: { why }, fix });
}
