import { readRbdPool, readVolumeGroup } from '@spawnkit/image-backend';
import type { Connection } from '@spawnkit/libvirt';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { secretState } from './secret-state.ts';
import { lvmOptions, rbdOptions } from './storage-settings.ts';

/**
 * Looks whether the storage of the disks is there, and guests can open it; changes nothing. Throws {@link SpawnerError}
 * `HOST_NOT_READY`, what `readVolumeGroup` and `readRbdPool` throw.
 */
export async function checkStorage(
  { settings, exec }: Pick<Host, 'settings' | 'exec'>,
  conn: Connection,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { imagesType } = settings;
  if (imagesType === 'lvm') await readVolumeGroup({ exec, ...lvmOptions(settings) }, { signal });
  if (imagesType !== 'rbd') return;
  const client = rbdOptions(settings);
  const { rbdSecretUuid: uuid } = client;
  const [state] = await Promise.all([
    uuid === undefined ? undefined : secretState(conn, uuid, { signal }),
    readRbdPool({ exec, ...client }, { signal }),
  ]);
  if (uuid !== undefined && (state === 'missing' || state === 'empty')) throw noSecret(uuid, state);
}

function noSecret(uuid: string, state: 'missing' | 'empty'): SpawnerError {
  const what = state === 'missing' ? 'is not known to libvirt' : 'has no value';
  return new SpawnerError('HOST_NOT_READY', `Guests cannot open disks in Ceph: the secret ${uuid} ${what}`, {
    fix: secretFix(uuid, state),
    context: { check: 'storage', rbdSecretUuid: uuid },
  });
}

/** How the operator makes it. */
export function secretFix(uuid: string, state: 'missing' | 'empty'): string {
  if (state === 'missing')
    return 'Define it (virsh secret-define), with the key of `rbdUser`, or correct `rbdSecretUuid`.';
  return `Give it the key of \`rbdUser\`: virsh secret-set-value ${uuid} --file KEYFILE.`;
}
