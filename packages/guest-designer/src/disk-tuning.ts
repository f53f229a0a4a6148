import type { Disk, DiskDriver, IoTune } from '@spawnkit/guest-config';
import type { VolumeMapping } from '@spawnkit/instance';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { flavorCount, invalidExtraSpec } from './wish.ts';

/** What is said about a disk beside its place and source. */
export type DiskTuning = Pick<Disk, 'serial' | 'iotune' | 'blockio' | 'readonly' | 'shareable'> & {
  readonly discard?: DiskDriver['discard'];
};

/** Limits of a disk by their names in extra specs (`quota:disk_read_bytes_sec`) and QoS specifications. */
const flavorLimits = {
  total_bytes_sec: 'totalBytesSec',
  read_bytes_sec: 'readBytesSec',
  write_bytes_sec: 'writeBytesSec',
  total_iops_sec: 'totalIopsSec',
  read_iops_sec: 'readIopsSec',
  write_iops_sec: 'writeIopsSec',
} as const;
const volumeLimits = {
  ...flavorLimits,
  total_bytes_sec_max: 'totalBytesSecMax',
  read_bytes_sec_max: 'readBytesSecMax',
  write_bytes_sec_max: 'writeBytesSecMax',
  total_iops_sec_max: 'totalIopsSecMax',
  read_iops_sec_max: 'readIopsSecMax',
  write_iops_sec_max: 'writeIopsSecMax',
  size_iops_sec: 'sizeIopsSec',
} as const;

/** The limits that a flavor sets to the instance's own disks. Throws `INVALID_EXTRA_SPEC`. */
export function flavorIoTune(policy: GuestPolicy): IoTune | undefined {
  const tune = limits(flavorLimits, (name) => flavorCount(policy, `quota:disk_${name}`));
  const both = contradiction(tune);
  if (both === undefined) return tune;
  const key = `quota:disk_total_${both}`;
  throw invalidExtraSpec(key, policy.flavor.extraSpecs[key] ?? '', 'no limit beside those of reading or writing');
}

/** What the volume service says about a volume's use. Throws `DISK_SOURCE_INVALID`. */
export function volumeTuning({ connectionInfo }: VolumeMapping): DiskTuning {
  const data = connectionInfo?.data ?? {};
  return {
    serial: connectionInfo?.serial,
    iotune: qosLimits(data.qos_specs),
    blockio: blockSizes(data),
    ...(isReadOnly(data.access_mode) && { readonly: true }),
    ...(connectionInfo?.multiattach && { shareable: true }),
    ...(data.discard === true && { discard: 'unmap' }),
  };
}

function qosLimits(specs: unknown): IoTune | undefined {
  // Nova ignores what is no map, too.
  if (typeof specs !== 'object' || specs === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(specs));
  const tune = limits(volumeLimits, (name) => count(given.get(name), `qos_specs.${name}`));
  const both = contradiction(tune);
  if (both === undefined) return tune;
  const name = `qos_specs.total_${both}`;
  throw invalid(name, given.get(`total_${both}`), 'no limit beside those of reading or writing');
}

/** What is limited both in total and for reading or writing, by the end of its names; libvirt refuses it. */
function contradiction(tune: IoTune = {}): string | undefined {
  const ends = {
    bytes_sec: 'BytesSec',
    iops_sec: 'IopsSec',
    bytes_sec_max: 'BytesSecMax',
    iops_sec_max: 'IopsSecMax',
  } as const;
  const isGiven = (name: keyof IoTune) => tune[name] !== undefined;
  const both = Object.entries(ends).find(
    ([, end]) => isGiven(`total${end}`) && (isGiven(`read${end}`) || isGiven(`write${end}`)),
  );
  return both?.[0];
}

function blockSizes(data: Readonly<Record<string, unknown>>): Disk['blockio'] {
  const logicalBlockSize = count(data.logical_block_size, 'logical_block_size');
  const physicalBlockSize = count(data.physical_block_size, 'physical_block_size');
  if (logicalBlockSize === undefined && physicalBlockSize === undefined) return undefined;
  return { logicalBlockSize, physicalBlockSize };
}

function isReadOnly(mode: unknown): boolean {
  if (mode === undefined || mode === null || mode === '' || mode === 'rw') return false;
  if (mode === 'ro') return true;
  throw invalid('access_mode', mode, 'ro or rw');
}

function limits(names: Readonly<Record<string, keyof IoTune>>, read: (name: string) => number | undefined) {
  const found = Object.entries(names).flatMap(([name, field]) => {
    const value = read(name);
    return value === undefined ? [] : [[field, value] as const];
  });
  const iotune: IoTune = Object.fromEntries(found);
  return found.length > 0 ? iotune : undefined;
}

/** A number that the volume service writes as text or number. */
function count(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw invalid(name, value, 'a whole number from 0');
}

function invalid(name: string, value: unknown, expected: string): DesignerError {
  const message = `The connection info of a volume has ${JSON.stringify(value)} as ${name}, expected ${expected}.`;
  const fix = 'Correct the volume type or its QoS specification in the volume service.';
  return new DesignerError('DISK_SOURCE_INVALID', message, { context: { name, value }, fix });
}
