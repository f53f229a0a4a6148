import type { Secret } from '@spawnkit/effects';

export interface KeyOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Where the passphrases of encrypted volumes come from. */
export interface KeySource {
  /** The passphrase of a key id. Throws `VolumeError` `KEY_UNAVAILABLE`, or the signal's reason. */
  passphrase(keyId: string, options?: KeyOptions): Promise<Secret>;
}
