import type { Tpm } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu, isS390 } from './guest-policy.ts';
import { agreedWish, invalidExtraSpec } from './wish.ts';

/**
 * The TPM that flavor (`hw:tpm_version`, `hw:tpm_model`) or image want. The libvirt secret of its state, named by the
 * instance's `vtpm_secret_uuid`, must exist before the domain starts. Follows Nova's `_add_vtpm_device`. Throws
 * `INVALID_EXTRA_SPEC`, `FLAVOR_IMAGE_CONFLICT`, `TPM_SECRET_MISSING`.
 */
export function guestTpms(policy: GuestPolicy): readonly Tpm[] {
  const version = isQemu(policy) ? tpmVersion(policy) : undefined;
  if (version === undefined) return [];
  checkMachine(policy, version);
  const model = tpmModel(policy, version);
  const secret = policy.request.instance.systemMetadata.vtpm_secret_uuid;
  if (secret) return [{ model, backend: { type: 'emulator', version, encryption: { secret } } }];
  throw new DesignerError(
    'TPM_SECRET_MISSING',
    'The guest wants a TPM, and there is no secret to encrypt its state with.',
    {
      context: { model, version },
      fix: "Name the UUID of a libvirt secret as vtpm_secret_uuid in the instance's system metadata.",
    },
  );
}

/** Mainframes have no TPM, and ARM machines none of the old version; libvirt refuses them. */
function checkMachine({ arch }: GuestPolicy, version: '1.2' | '2.0'): void {
  const isMainframe = isS390({ arch });
  if (!isMainframe && (arch !== 'aarch64' || version === '2.0')) return;
  throw invalidExtraSpec('hw:tpm_version', version, isMainframe ? `none on ${arch}` : `2.0 on ${arch}`);
}

function tpmVersion({ flavor, image }: GuestPolicy): '1.2' | '2.0' | undefined {
  const key = 'hw:tpm_version';
  const version = agreedWish(key, flavor.extraSpecs[key] || undefined, image.hwTpmVersion);
  if (version === undefined || version === '1.2' || version === '2.0') return version;
  throw invalidExtraSpec(key, version, '1.2 or 2.0');
}

function tpmModel({ flavor, image }: GuestPolicy, version: '1.2' | '2.0'): string {
  const key = 'hw:tpm_model';
  const model = agreedWish(key, flavor.extraSpecs[key] || undefined, image.hwTpmModel) ?? 'tpm-tis';
  if (model === 'tpm-tis' || (model === 'tpm-crb' && version === '2.0')) return model;
  throw invalidExtraSpec(key, model, 'tpm-tis, or tpm-crb with the version 2.0');
}
