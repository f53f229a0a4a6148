import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rollback } from '@spawnkit/effects';
import { readImageProperties } from '@spawnkit/instance';
import { act } from './acts.ts';
import type { SpawnRequest } from '../request/request.ts';
import { defineVtpmSecret, PASSPHRASE_FILE, type VtpmStart } from './vtpm-secret.ts';

/** Nova's 384 bytes, which become 512 characters. */
const PASSPHRASE_BYTES = 384;

/**
 * The request with the UUID of the libvirt secret that encrypts its TPM's state, if its flavor or image want a TPM. The
 * passphrase lies beside the disks, readable for its owner only, and goes with them.
 */
export async function withVtpm(request: SpawnRequest, instancePath: string): Promise<SpawnRequest> {
  const { instance, imageMeta } = request;
  const wished = instance.flavor.extraSpecs['hw:tpm_version'] || readImageProperties(imageMeta).hwTpmVersion;
  if (!wished || instance.systemMetadata.vtpm_secret_uuid) return request;
  const passphrase = randomBytes(PASSPHRASE_BYTES).toString('base64');
  await writeFile(join(instancePath, PASSPHRASE_FILE), passphrase, { mode: 0o600, flag: 'wx' });
  const systemMetadata = { ...instance.systemMetadata, vtpm_secret_uuid: randomUUID() };
  return { ...request, instance: { ...instance, systemMetadata } };
}

/** Gives libvirt the passphrase of the instance's TPM, if it has one, for as long as its domain starts. */
export async function giveVtpmSecret(
  start: VtpmStart,
  { instancePath, rollback }: { readonly instancePath: string; readonly rollback: Rollback },
): Promise<void> {
  const uuid = start.request.instance.systemMetadata.vtpm_secret_uuid;
  if (uuid) await act(rollback, 'secret', { uuid }, () => defineVtpmSecret(start, instancePath));
}
