import { optionalText, secretOf } from '../connection-data.ts';
import type { SecretStore } from '../connect/secret-store.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { qemuSource } from '../disk/network-source.ts';

/**
 * Volumes that QEMU itself opens over the network (NBD, iSCSI, NFS, HTTP): the host only gives libvirt the password of an
 * iSCSI target, as a secret named after target and volume.
 */
export function createQemuConnector({ secrets }: { readonly secrets: SecretStore }): VolumeConnector {
  return {
    async connect(data, { volumeKey, signal }) {
      signal?.throwIfAborted();
      const password = secretOf(data, 'auth_password');
      if (password === undefined || optionalText(data, 'auth_secret_uuid') !== undefined) {
        qemuSource(data);
        return {};
      }
      qemuSource({ ...data, auth_secret_uuid: 'to be made' });
      const use = { type: 'iscsi', id: secretIdOf(volumeKey) } as const;
      const known = await secrets.find(use, { signal });
      return { auth_secret_uuid: known ?? (await secrets.create(use, password, { signal })) };
    },
    async disconnect(_, { volumeKey, signal }) {
      await secrets.delete({ type: 'iscsi', id: secretIdOf(volumeKey) }, { signal });
    },
  };
}

/** libvirt takes any text for the target; the real one may be shared by several volumes with users of their own. */
function secretIdOf(volumeKey: string): string {
  return `spawnkit-volume-${volumeKey}`;
}
