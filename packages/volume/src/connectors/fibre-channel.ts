import { acquireLock } from '@spawnkit/effects';
import { type ConnectionData, invalid, requiredCount, textList } from '../connection-data.ts';
import { isForeign, joinShared, leaveShared } from '../connect/shared.ts';
import type { ConnectorOptions, DisconnectOptions, Found, VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceHost, DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { blockDeviceOf, foundDevice, removeScsiDevice, scanUnit } from '../device/scsi-device.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';

/** Volumes that are units of Fibre Channel targets. The fabric is logged in; only the unit comes and goes. */
export function createFibreChannelConnector(options: DeviceOptions): VolumeConnector {
  const host = openDeviceHost(options);
  return {
    async connect(data, call) {
      const unit = unitOf(data);
      await using _lock = await acquireLock({ ...lockOf(host, call), signal: call.signal });
      return await connectUnit(host, unit, call);
    },
    async disconnect(data, call) {
      const unit = unitOf(data);
      await using _lock = await acquireLock({ ...lockOf(host, call), signal: call.signal });
      await leave(host, unit, call);
    },
  };
}

interface FcUnit {
  /** Port names of the target, lower case without `0x`. */
  readonly ports: readonly string[];
  readonly unit: number;
}

async function connectUnit(host: DeviceHost, unit: FcUnit, call: ConnectorOptions): Promise<Found> {
  const { volumeKey, signal } = call;
  const thing = thingOf(call);
  const isNew = (await host.holds.list(thing)).length === 0;
  try {
    await joinShared(host.holds, thing, volumeKey, {
      isThere: async () => (await devicesOf(host, unit)).length > 0,
      make: () => scan(host, unit),
    });
    const name = await waitFor(host, async () => (await devicesOf(host, unit))[0], signal);
    if (name === undefined) throw notFound(unit, host);
    return await foundDevice(host, name, { signal });
  } catch (error) {
    if (isNew) {
      await leave(host, unit, { volumeKey, force: true }).catch((second: unknown) => {
        host.log.warn('a Fibre Channel unit could not be taken back', { unit: unit.unit, error: String(second) });
      });
    }
    throw failure('CONNECT_FAILED', `find unit ${unit.unit} of ${unit.ports.join(', ')}`, error, signal);
  }
}

async function leave(host: DeviceHost, unit: FcUnit, call: DisconnectOptions): Promise<void> {
  const thing = thingOf(call);
  try {
    const isOurs = !(await isForeign(host.holds, thing));
    await leaveShared(host.holds, thing, call.volumeKey, async () => {
      if (isOurs) for (const name of await devicesOf(host, unit)) await removeScsiDevice(host, name, call);
      return true;
    });
  } catch (error) {
    throw failure('DISCONNECT_FAILED', `take unit ${unit.unit} of ${unit.ports.join(', ')} away`, error, call.signal);
  }
}

async function scan(host: DeviceHost, unit: FcUnit): Promise<void> {
  for (const target of await targetsOf(host, unit)) {
    const [, number, channel, id] = /^target(\d+):(\d+):(\d+)$/.exec(target) ?? [];
    if (number !== undefined) await scanUnit(host, Number(number), unit.unit, `${channel} ${id}`);
  }
}

async function devicesOf(host: DeviceHost, unit: FcUnit): Promise<readonly string[]> {
  const names: string[] = [];
  for (const target of await targetsOf(host, unit)) {
    const name = await blockDeviceOf(host, `class/fc_transport/${target}/device`, unit.unit);
    if (name !== undefined) names.push(name);
  }
  return names;
}

async function targetsOf({ sysfs }: DeviceHost, { ports }: FcUnit): Promise<readonly string[]> {
  const found: string[] = [];
  for (const target of await sysfs.list('class/fc_transport')) {
    const port = await sysfs.read(`class/fc_transport/${target}/port_name`);
    if (port !== undefined && ports.includes(port.toLowerCase().replace(/^0x/, ''))) found.push(target);
  }
  return found;
}

function unitOf(data: ConnectionData): FcUnit {
  const ports = textList(data, 'target_wwn').map((one) => one.toLowerCase().replaceAll(':', '').replace(/^0x/, ''));
  if (ports.length === 0 || !ports.every((one) => /^[0-9a-f]{1,16}$/.test(one))) {
    throw invalid('target_wwn', data['target_wwn'], 'port names of 16 hexadecimal digits');
  }
  return { ports, unit: requiredCount(data, 'target_lun', 65_535) };
}

function notFound({ ports, unit }: FcUnit, { scanAttempts }: DeviceHost): VolumeError {
  return new VolumeError('DEVICE_NOT_FOUND', `Unit ${unit} of ${ports.join(', ')} did not appear`, {
    context: { ports, unit, attempts: scanAttempts },
    fix: 'See that the fabric zones this host with the target, and that the target shows it the unit.',
  });
}

function thingOf({ volumeKey }: ConnectorOptions): string {
  return `fc-${volumeKey}`;
}

function lockOf({ locksPath }: DeviceHost, call: ConnectorOptions) {
  return { directory: locksPath, name: thingOf(call) };
}
