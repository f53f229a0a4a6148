import { type ConnectionInfo, parseBlockDeviceInfo } from '@spawnkit/instance';

/** A connection info as a volume service hands it out. */
export function aVolume(type: string, data: Readonly<Record<string, unknown>>, serial?: string): ConnectionInfo {
  const recorded = { driver_volume_type: type, data, serial };
  const { blockDeviceMapping } = parseBlockDeviceInfo({ block_device_mapping: [{ connection_info: recorded }] });
  const connectionInfo = blockDeviceMapping[0]?.connectionInfo;
  if (!connectionInfo) throw new Error('no connection info');
  return connectionInfo;
}
