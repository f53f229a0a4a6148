import { type ConnectionData, optionalCount, optionalText } from '../connection-data.ts';
import { VolumeError } from '../errors.ts';

/** How a volume is encrypted, as the volume service says it. */
export interface EncryptionMetadata {
  /** `luks`, `luks2`, `plain`, or a class name of older services. */
  readonly provider: string;
  /** `front-end`: this host; `back-end`: the storage, and nothing is to be done here. */
  readonly controlLocation: string;
  /** Of the passphrase, in the key source. */
  readonly encryptionKeyId: string;
  readonly cipher?: string | undefined;
  /** Bits. */
  readonly keySize?: number | undefined;
}

/** What unlocks a volume. `luks` is unlocked by QEMU itself, with libvirt's secret. */
export type EncryptionFormat = 'luks' | 'luks2' | 'plain' | 'no-op';

const classNames: Readonly<Record<string, EncryptionFormat>> = {
  LuksEncryptor: 'luks',
  Luks2Encryptor: 'luks2',
  CryptsetupEncryptor: 'plain',
  NoOpEncryptor: 'no-op',
  NoopEncryptor: 'no-op',
};

/** Reads metadata under the volume service's field names or ours. Throws `INVALID_CONNECTION_INFO`. */
export function readEncryptionMetadata(input: ConnectionData): EncryptionMetadata {
  const text = (field: string, ours: string) => optionalText(input, field) ?? optionalText(input, ours);
  return {
    provider: text('provider', 'provider') ?? 'luks',
    controlLocation: text('control_location', 'controlLocation') ?? 'front-end',
    encryptionKeyId: text('encryption_key_id', 'encryptionKeyId') ?? '',
    cipher: text('cipher', 'cipher'),
    keySize: optionalCount(input, 'key_size', 4096) ?? optionalCount(input, 'keySize', 4096),
  };
}

/** Follows os-brick's names of encryptors, old class names included. Throws `ENCRYPTION_UNSUPPORTED`. */
export function encryptionFormat({ provider, controlLocation }: EncryptionMetadata): EncryptionFormat {
  if (controlLocation !== 'front-end') return 'no-op';
  if (provider === 'luks' || provider === 'luks2' || provider === 'plain') return provider;
  const className = provider.split('.').at(-1) ?? '';
  const format = Object.hasOwn(classNames, className) ? classNames[className] : undefined;
  if (format) return format;
  throw new VolumeError('ENCRYPTION_UNSUPPORTED', `The encryption provider "${provider}" is not known`, {
    context: { provider },
    fix: 'Use luks, luks2 or plain.',
  });
}
