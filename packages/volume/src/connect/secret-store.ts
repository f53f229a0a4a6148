import type { Secret } from '@spawnkit/effects';

/** What a secret is for: the passphrase of a volume by its id, or the password for an iSCSI target by a name of ours. */
export interface SecretUse {
  readonly type: 'volume' | 'iscsi';
  readonly id: string;
}

export interface SecretStoreOptions {
  readonly signal?: AbortSignal | undefined;
}

/** libvirt's secrets, as far as volumes need them. */
export interface SecretStore {
  /** The secret's UUID; undefined only when there certainly is none. Other errors pass through. */
  find(use: SecretUse, options?: SecretStoreOptions): Promise<string | undefined>;
  /** Defines a secret with its value; answers its UUID. Nothing is left when it fails. */
  create(use: SecretUse, value: Secret, options?: SecretStoreOptions): Promise<string>;
  /** Nothing when there is none. */
  delete(use: SecretUse, options?: SecretStoreOptions): Promise<void>;
  /** Names of the domains, running or not, with a disk that needs the secret. */
  usersOf(uuid: string, options?: SecretStoreOptions): Promise<readonly string[]>;
}
