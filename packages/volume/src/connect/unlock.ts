import { optionalText } from '../connection-data.ts';
import { VolumeError } from '../errors.ts';
import { volumeIdOf } from '../volume-key.ts';
import type { HeldVolume } from './connect-volume.ts';
import { encryptionFormat, type EncryptionMetadata } from './encryption-metadata.ts';
import type { EncryptedVolume } from './encryptor.ts';
import type { ConnectedVolume, VolumeRequest } from './volume-request.ts';
import type { VolumesContext } from './volumes.ts';

type Unlocked = Pick<ConnectedVolume, 'unlockedPath' | 'luksSecretUuid'>;

/**
 * Makes a connected volume readable for its guest. A secret that libvirt has for it already is used as it is, and no key is
 * fetched; LUKS is left to QEMU and gets a secret; anything else is unlocked on the host. Nothing is left when it fails.
 */
export async function unlock(context: VolumesContext, request: VolumeRequest, volume: HeldVolume): Promise<Unlocked> {
  const { signal } = volume;
  const id = volumeIdOf(request.connectionInfo);
  const known = id === undefined ? undefined : await context.secrets.find({ type: 'volume', id }, { signal });
  if (known !== undefined) return { luksSecretUuid: known };
  const metadata = await encryptionOf(context, request, signal);
  if (!metadata) return {};
  const encrypted = encryptedVolume(request, metadata, volume);
  const passphrase = () => context.keys.passphrase(metadata.encryptionKeyId, { signal });
  if (encrypted.format !== 'luks') {
    const unlockedPath = await context.encryptor.attach(encrypted, passphrase, { signal });
    return unlockedPath === undefined || unlockedPath === encrypted.path ? {} : { unlockedPath };
  }
  if (id === undefined) throw withoutId();
  const value = await passphrase();
  if (encrypted.path !== undefined) await ensureLuks(context, encrypted, value, signal);
  return { luksSecretUuid: await context.secrets.create({ type: 'volume', id }, value, { signal }) };
}

/** What the request says, or the volume service about a volume that says it is encrypted. */
export async function encryptionOf(
  { encryptionOf: ask }: VolumesContext,
  { connectionInfo, encryption }: VolumeRequest,
  signal: AbortSignal | undefined,
): Promise<EncryptionMetadata | undefined> {
  if (encryption) return encryption;
  const id = volumeIdOf(connectionInfo);
  if (connectionInfo.data['encrypted'] !== true || id === undefined) return undefined;
  return ask?.(id, { signal });
}

/** The volume as an encryptor sees it. Throws `ENCRYPTION_UNSUPPORTED`. */
export function encryptedVolume(
  { connectionInfo: { data } }: VolumeRequest,
  metadata: EncryptionMetadata,
  { volumeKey }: HeldVolume,
): EncryptedVolume {
  return {
    volumeKey,
    path: optionalText(data, 'device_path'),
    imageFormat: optionalText(data, 'format') ?? 'raw',
    format: encryptionFormat(metadata),
    metadata,
  };
}

async function ensureLuks(
  { encryptor, format = 'never' }: VolumesContext,
  volume: EncryptedVolume,
  passphrase: Parameters<typeof encryptor.format>[1],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await encryptor.isLuks(volume, { signal })) return;
  if (format === 'never') throw notLuks(volume);
  if (!(await encryptor.isBlank(volume, { signal }))) throw notBlank(volume);
  await encryptor.format(volume, passphrase, { signal });
}

function notLuks({ path, volumeKey }: EncryptedVolume): VolumeError {
  return new VolumeError('NOT_LUKS', `The volume at "${path}" should be encrypted by LUKS, and has no LUKS header`, {
    context: { path, volumeKey },
    fix: 'If it is new and empty, allow formatting: format "when-blank". Otherwise this is the wrong device, or it was damaged.',
  });
}

function notBlank({ path, volumeKey }: EncryptedVolume): VolumeError {
  return new VolumeError('NOT_BLANK', `The volume at "${path}" has data and no LUKS header; it is not formatted`, {
    context: { path, volumeKey },
    fix: 'Find out whose data these are. Only a volume without any data is formatted.',
  });
}

function withoutId(): VolumeError {
  return new VolumeError('INVALID_CONNECTION_INFO', 'An encrypted volume has neither a volume_id nor a serial', {
    fix: 'Give its id: libvirt looks its secret up by it.',
  });
}
