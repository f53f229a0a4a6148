import type { Disk, DiskDriver, IoTune } from '@spawnkit/guest-config';
import type { ConnectionInfo } from '@spawnkit/instance';
import { type ConnectionData, invalid, optionalCount } from '../connection-data.ts';

/** What a connection info says about a disk beside where its bytes are. */
export type DiskTuning = Pick<Disk, 'serial' | 'iotune' | 'blockio' | 'readonly' | 'shareable'> & {
  readonly discard?: DiskDriver['discard'];
};

/** Nova's QoS keys; others are ignored. */
const limits = {
  total_bytes_sec: 'totalBytesSec',
  read_bytes_sec: 'readBytesSec',
  write_bytes_sec: 'writeBytesSec',
  total_iops_sec: 'totalIopsSec',
  read_iops_sec: 'readIopsSec',
  write_iops_sec: 'writeIopsSec',
  total_bytes_sec_max: 'totalBytesSecMax',
  read_bytes_sec_max: 'readBytesSecMax',
  write_bytes_sec_max: 'writeBytesSecMax',
  total_iops_sec_max: 'totalIopsSecMax',
  read_iops_sec_max: 'readIopsSecMax',
  write_iops_sec_max: 'writeIopsSecMax',
  size_iops_sec: 'sizeIopsSec',
} as const;

/** Sector sizes that QEMU takes. */
const MOST_BLOCK_BYTES = 2 * 1024 * 1024;

/** Follows `LibvirtBaseVolumeDriver.get_config`. Throws `INVALID_CONNECTION_INFO`. */
export function diskTuning({ data, serial, multiattach }: ConnectionInfo): DiskTuning {
  return {
    serial,
    iotune: qosLimits(data['qos_specs']),
    blockio: blockSizes(data),
    ...(isReadOnly(data['access_mode']) && { readonly: true }),
    ...(multiattach && { shareable: true }),
    // Nova takes nothing else for a yes, either.
    ...(data['discard'] === true && { discard: 'unmap' }),
  };
}

function qosLimits(specs: unknown): IoTune | undefined {
  // Nova ignores what is no map, too.
  if (typeof specs !== 'object' || specs === null) return undefined;
  const given: ConnectionData = Object.fromEntries(Object.entries(specs));
  const found = Object.entries(limits).flatMap(([name, field]) => {
    const value = optionalCount(given, name);
    return value === undefined ? [] : [[field, value] as const];
  });
  const iotune: IoTune = Object.fromEntries(found);
  return found.length > 0 ? iotune : undefined;
}

function blockSizes(data: ConnectionData): Disk['blockio'] {
  const logicalBlockSize = optionalCount(data, 'logical_block_size', MOST_BLOCK_BYTES);
  const physicalBlockSize = optionalCount(data, 'physical_block_size', MOST_BLOCK_BYTES);
  if (logicalBlockSize === undefined && physicalBlockSize === undefined) return undefined;
  return { logicalBlockSize, physicalBlockSize };
}

function isReadOnly(mode: unknown): boolean {
  if (mode === undefined || mode === null || mode === '' || mode === 'rw') return false;
  if (mode === 'ro') return true;
  throw invalid('access_mode', mode, 'ro or rw');
}
