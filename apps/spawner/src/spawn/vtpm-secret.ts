import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVtpmSecret, removeSecret } from '@spawnkit/domain-runtime';
import { Secret } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import type { SpawnRequest } from '../request/request.ts';

/** In the instance path. */
export const PASSPHRASE_FILE = 'vtpm.passphrase';

export interface VtpmStart {
  readonly request: SpawnRequest;
  readonly conn: Connection;
  readonly signal?: AbortSignal | undefined;
}

/** Gives libvirt the passphrase of the instance's TPM, if it has one. Its removal stands in the instance's journal. */
export async function defineVtpmSecret({ request, conn, signal }: VtpmStart, instancePath: string): Promise<void> {
  const { uuid: instanceUuid, systemMetadata } = request.instance;
  const uuid = systemMetadata.vtpm_secret_uuid;
  if (!uuid) return;
  const passphrase = new Secret(await readFile(join(instancePath, PASSPHRASE_FILE), 'utf8'));
  await createVtpmSecret(conn, { uuid, instanceUuid, passphrase, signal });
}

/** Takes the passphrase away again: nobody needs it once the TPM runs. After an error the journal does the same. */
export async function takeVtpmSecret({ request, conn, signal }: VtpmStart): Promise<void> {
  const uuid = request.instance.systemMetadata.vtpm_secret_uuid;
  if (uuid) await removeSecret(conn, uuid, { signal });
}
