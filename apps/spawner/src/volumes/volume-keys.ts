import { basename, dirname } from 'node:path';
import { barbicanKeySource, fileKeySource, type KeySource, VolumeError } from '@spawnkit/volume';
import { imageServiceToken } from '../request/image-service-token.ts';
import type { VolumeSettings } from './volume-settings.ts';

const FILE = 'file:';

/** The key id of a passphrase that lies in a file of its own. */
export function keyIdOfFile(path: string): string {
  return `${FILE}${path}`;
}

/**
 * Where passphrases come from: the file that a key id names by {@link keyIdOfFile}, else the key manager, else the directory
 * of keys. Each is asked anew whenever a volume is unlocked; none is kept.
 */
export function volumeKeys({ barbicanEndpoint: endpoint, keysPath }: VolumeSettings): KeySource {
  const byId = endpoint
    ? barbicanKeySource({ endpoint, token: imageServiceToken() })
    : keysPath
      ? fileKeySource(keysPath)
      : noKeys;
  return {
    passphrase(keyId, options) {
      if (!keyId.startsWith(FILE)) return byId.passphrase(keyId, options);
      const path = keyId.slice(FILE.length);
      return fileKeySource(dirname(path)).passphrase(basename(path), options);
    },
  };
}

const noKeys: KeySource = {
  async passphrase(keyId) {
    throw new VolumeError('KEY_UNAVAILABLE', `There is nobody to ask for the key ${keyId}`, {
      context: { keyId },
      fix: 'Set barbicanEndpoint or keysPath in the configuration, or give the volume a keyFile.',
    });
  },
};
