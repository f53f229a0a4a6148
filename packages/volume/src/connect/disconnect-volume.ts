import { optionalText } from '../connection-data.ts';
import { driverOf } from '../drivers.ts';
import { VolumeError } from '../errors.ts';
import { volumeIdOf } from '../volume-key.ts';
import { type HeldVolume, mayVanish } from './connect-volume.ts';
import { encryptedVolume, encryptionOf } from './unlock.ts';
import type { DisconnectRequest } from './volume-request.ts';
import type { VolumesContext } from './volumes.ts';

/** Locks and disconnects, unless others hold the volume. The hold goes last: until then whoever cleans up tries again. */
export async function disconnectHeld(
  context: VolumesContext,
  request: DisconnectRequest,
  volume: HeldVolume,
): Promise<void> {
  const { volumeKey, signal } = volume;
  signal?.throwIfAborted();
  const others = (await context.holds.list(volumeKey)).filter((one) => one !== request.holder);
  if (others.length === 0) {
    await lock(context, request, volume);
    await disconnectLast(request, volume);
  }
  await context.holds.remove(volumeKey, request.holder);
}

/** The inverse of `unlock`. */
async function lock(context: VolumesContext, request: DisconnectRequest, volume: HeldVolume): Promise<void> {
  const { secrets, encryptor, log } = context;
  const { signal } = volume;
  const id = volumeIdOf(request.connectionInfo);
  const use = { type: 'volume', id: id ?? '' } as const;
  const known = id === undefined ? undefined : await secrets.find(use, { signal });
  if (known !== undefined) {
    if (request.destroySecrets === false) return;
    const users = await secrets.usersOf(known, { signal });
    if (users.length > 0) log.warn('a secret is kept, domains use it', { secret: known, domains: users });
    else await secrets.delete(use, { signal });
    return;
  }
  const metadata = await encryptionOf(context, request, signal);
  if (!metadata || !hasDevice(request)) return;
  await encryptor.detach(encryptedVolume(request, metadata, volume), { signal });
}

/** What was known before connecting has no path yet; whoever cleans up after a crash has nothing else. */
function hasDevice({ connectionInfo }: DisconnectRequest): boolean {
  const isOnHost = driverOf(connectionInfo).source !== 'network';
  return isOnHost || optionalText(connectionInfo.data, 'device_path') !== undefined;
}

async function disconnectLast(request: DisconnectRequest, volume: HeldVolume): Promise<void> {
  const { connector, volumeKey, signal } = volume;
  const { force = false } = request;
  try {
    await connector.disconnect(request.connectionInfo.data, { volumeKey, force, signal });
  } catch (error) {
    const isGone = error instanceof VolumeError && error.code === 'DEVICE_NOT_FOUND';
    if (!isGone || !mayVanish(request)) throw error;
  }
}
