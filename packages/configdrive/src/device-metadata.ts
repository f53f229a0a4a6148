import type { Json } from './json-text.ts';
import { atLeast, type OpenstackVersion } from './versions.ts';

/** Where a device sits: `pci`, `usb`, `scsi`, `ide` and `xen` are told to the guest, a device on any other bus is left out. */
export interface DeviceBus {
  readonly type: string;
  readonly address?: string | undefined;
}

/** A device of the guest, as Nova's device metadata objects; a missing field means "not set". */
export type DeviceMetadata =
  | {
      readonly kind: 'nic';
      readonly bus?: DeviceBus | null | undefined;
      readonly mac: string;
      readonly tags?: readonly string[] | undefined;
      readonly vlan?: number | undefined;
      readonly vfTrusted?: boolean | undefined;
    }
  | {
      readonly kind: 'disk';
      readonly bus?: DeviceBus | null | undefined;
      readonly serial?: string | undefined;
      readonly path?: string | undefined;
      readonly tags?: readonly string[] | undefined;
    }
  | {
      readonly kind: 'other';
      readonly bus?: DeviceBus | null | undefined;
      readonly tags?: readonly string[] | undefined;
    };

const knownBuses = ['pci', 'usb', 'scsi', 'ide', 'xen'];

/** The `devices` list of a version: a nic is listed when the version has something to say about it. */
export function deviceList(devices: readonly DeviceMetadata[], version: OpenstackVersion): Json[] {
  return devices.map((device) => describe(device, version)).filter((entry) => entry !== undefined);
}

function describe(device: DeviceMetadata, version: OpenstackVersion): Json | undefined {
  if (device.kind === 'other' || (device.bus && !knownBuses.includes(device.bus.type))) return undefined;
  const place = { bus: device.bus?.type ?? 'none', address: device.bus?.address ?? 'none' };
  const tags = device.tags ? { tags: device.tags } : {};
  if (device.kind === 'disk') {
    const { serial, path } = device;
    return {
      type: 'disk',
      ...(serial === undefined ? {} : { serial }),
      ...(path === undefined ? {} : { path }),
      ...place,
      ...tags,
    };
  }
  const features = {
    ...(device.vlan !== undefined && atLeast(version, '2017-02-22') ? { vlan: device.vlan } : {}),
    ...(atLeast(version, '2018-08-27') ? { vf_trusted: device.vfTrusted ?? false } : {}),
  };
  if (!device.tags && Object.keys(features).length === 0) return undefined;
  return { ...features, type: 'nic', mac: device.mac, ...place, ...tags };
}
