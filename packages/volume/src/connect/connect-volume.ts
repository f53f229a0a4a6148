import { driverOf } from '../drivers.ts';
import { unlock } from './unlock.ts';
import type { VolumeConnector } from './volume-connector.ts';
import { type ConnectedVolume, type VolumeRequest, withData } from './volume-request.ts';
import type { VolumesContext } from './volumes.ts';

/** A volume whose lock is held. */
export interface HeldVolume {
  readonly volumeKey: string;
  readonly connector: VolumeConnector;
  readonly signal: AbortSignal | undefined;
}

/** Connects and unlocks. The hold is written down first, so that whoever cleans up after a crash knows of it. */
export async function connectHeld(
  context: VolumesContext,
  request: VolumeRequest,
  volume: HeldVolume,
): Promise<ConnectedVolume> {
  const { holds } = context;
  const { volumeKey, signal } = volume;
  signal?.throwIfAborted();
  const isNew = await holds.add(volumeKey, request.holder);
  try {
    return await connectAndUnlock(context, request, volume, isNew);
  } catch (error) {
    if (isNew) await letGo(context, request, volume);
    throw error;
  }
}

async function connectAndUnlock(
  context: VolumesContext,
  request: VolumeRequest,
  volume: HeldVolume,
  isNew: boolean,
): Promise<ConnectedVolume> {
  const { connectionInfo, holder } = request;
  const { connector, volumeKey, signal } = volume;
  const found = await connector.connect(connectionInfo.data, { volumeKey, signal });
  const data = { ...connectionInfo.data, ...found };
  const connected = { ...request, connectionInfo: withData(connectionInfo, data) };
  try {
    const unlocked = await unlock(context, connected, volume);
    return { connectionInfo: connected.connectionInfo, holder, ...unlocked };
  } catch (error) {
    if (isNew) await takeBack(context, connected, volume);
    throw error;
  }
}

/** The error that led here is the one to report; another one is only told to the log. */
async function takeBack(context: VolumesContext, request: VolumeRequest, volume: HeldVolume): Promise<void> {
  const { connector, volumeKey } = volume;
  const others = (await context.holds.list(volumeKey)).filter((one) => one !== request.holder);
  if (others.length > 0) return;
  try {
    await connector.disconnect(request.connectionInfo.data, { volumeKey, force: false });
  } catch (error) {
    const { driverVolumeType: type } = request.connectionInfo;
    context.log.warn('a volume could not be disconnected again', { type, volumeKey, error: String(error) });
  }
}

async function letGo(
  { holds, log }: VolumesContext,
  { holder }: VolumeRequest,
  { volumeKey }: HeldVolume,
): Promise<void> {
  try {
    await holds.remove(volumeKey, holder);
  } catch (error) {
    log.warn('a hold could not be removed', { volumeKey, holder, error: String(error) });
  }
}

/** Whether a device that is gone is no error for this type. */
export function mayVanish(request: VolumeRequest): boolean {
  return driverOf(request.connectionInfo).vanishes === true;
}
