import { Secret } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { VolumeError } from '../errors.ts';
import type { KeySource } from './key-source.ts';

/** Passphrases that are values of libvirt secrets; the key id is the secret's UUID. Private secrets tell nobody theirs. */
export function libvirtKeySource(conn: Connection): KeySource {
  return {
    async passphrase(keyId, { signal } = {}) {
      try {
        const secret = await conn.secrets.byUuid(keyId, { signal });
        return new Secret(Buffer.from(await secret.value({ signal })).toString('utf8'));
      } catch (cause) {
        signal?.throwIfAborted();
        throw new VolumeError(
          'KEY_UNAVAILABLE',
          `libvirt does not tell the value of the secret ${keyId}: ${String(cause)}`,
          {
            cause,
            context: { keyId },
            fix: 'Define the secret, not private, and set its value.',
          },
        );
      }
    },
  };
}
