import type { Secret } from '@spawnkit/effects';
import type { EncryptionFormat, EncryptionMetadata } from './encryption-metadata.ts';

/** An encrypted volume that is connected. */
export interface EncryptedVolume {
  /** Of the volume, fit for the name of a device. */
  readonly volumeKey: string;
  /** The device or file with the encrypted bytes; undefined for what QEMU opens over the network. */
  readonly path: string | undefined;
  /** Of the bytes at `path`: `raw`, `qcow2`. */
  readonly imageFormat: string;
  readonly format: EncryptionFormat;
  readonly metadata: EncryptionMetadata;
}

export interface EncryptorOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What looks at encrypted bytes, and unlocks them on the host where QEMU does not. */
export interface Encryptor {
  /** Whether there is a LUKS header. */
  isLuks(volume: EncryptedVolume, options: EncryptorOptions): Promise<boolean>;
  /** Whether there is nothing at all: zeros where data begin, and no signature that wipefs knows. */
  isBlank(volume: EncryptedVolume, options: EncryptorOptions): Promise<boolean>;
  /** Writes a LUKS header. Whatever was there is lost. */
  format(volume: EncryptedVolume, passphrase: Secret, options: EncryptorOptions): Promise<void>;
  /** Unlocks the volume; answers the path with the plain bytes. Can be repeated. */
  attach(
    volume: EncryptedVolume,
    passphrase: () => Promise<Secret>,
    options: EncryptorOptions,
  ): Promise<string | undefined>;
  /** The inverse; nothing when it is locked. */
  detach(volume: EncryptedVolume, options: EncryptorOptions): Promise<void>;
}
