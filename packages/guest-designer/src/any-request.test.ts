import { BlockinfoError, defaultBlockinfoConfig, getDiskInfo } from '@spawnkit/blockinfo';
import { build, check, Domain } from '@spawnkit/guest-config';
import { type BlockDeviceInfo, InstanceError, parseBlockDeviceInfo, parseInstance } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SmallOptions, smallRequest, vif } from '../test/small-request.ts';
import { designGuest } from './design-guest.ts';
import type { DiskSource } from './disk-source.ts';
import { DesignerError } from './errors.ts';
import type { GuestRequest } from './guest-request.ts';

/** What makes sense somewhere, and what makes sense nowhere. */
const words = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('true', 'false', '0', '1', '2', '4', '10', '^0', '0-1', 'auto', 'required'),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '-1', 'many', '1e9', '999999999999999999', '__proto__', ' ') },
);
const keys = fc.constantFrom(
  ...`hw:cpu_sockets hw:cpu_threads hw:cpu_max_cores hw:cpu_realtime hw:cpu_realtime_mask hw:pmu hw:boot_menu
  hw:serial_port_count hw:viommu_model hw:tpm_version hw:locked_memory os:secure_boot hw_video:ram_max_mb hw_rng:rate_bytes
  hw_rng:rate_period hw:vif_multiqueue_enabled quota:cpu_quota quota:vif_inbound_average quota:vif_outbound_peak
  quota:disk_read_iops_sec quota:disk_total_iops_sec`.split(/\s+/),
);
/** Mostly what works, sometimes what does not. */
const mostly = (good: readonly string[], bad: readonly string[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });
const bus = mostly(['virtio', 'scsi', 'sata', 'usb'], ['ide']);
const allProperties = {
  hw_machine_type: mostly(['pc', 'q35'], ['virt', 'isapc']),
  hw_disk_bus: bus,
  hw_cdrom_bus: mostly(['scsi', 'sata', 'usb'], ['virtio', 'ide']),
  hw_scsi_model: mostly(['virtio-scsi', 'lsilogic'], ['buslogic']),
  hw_video_model: mostly(['virtio', 'qxl', 'none'], ['gop']),
  hw_vif_model: mostly(['virtio', 'e1000'], ['netfront']),
  hw_input_bus: fc.constantFrom('usb', 'virtio'),
  hw_firmware_type: mostly(['bios'], ['uefi']),
  hw_watchdog_action: fc.constantFrom('reset', 'disabled', 'pause'),
  hw_qemu_guest_agent: fc.constantFrom('yes', 'no'),
  hw_viommu_model: fc.constantFrom('intel', 'auto', 'virtio'),
};
/** At most three of them: each one more makes a refusal likelier. */
const properties = fc
  .tuple(fc.record(allProperties), fc.subarray(Object.keys(allProperties), { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));
const placement = {
  disk_bus: fc.option(bus, { nil: null }),
  device_type: fc.constantFrom('disk', 'disk', 'disk', 'cdrom', null),
};
const blockDevices = fc
  .record({
    ephemerals: fc.array(fc.record(placement), { maxLength: 2 }),
    swap: fc.option(fc.record({ swap_size: fc.nat({ max: 2 }) }), { nil: null }),
    volumes: fc.array(fc.record(placement), { maxLength: 5 }),
    rootVolume: fc.boolean(),
  })
  .map(({ volumes, rootVolume, ...info }) => {
    const block_device_mapping = volumes.map((one, index) => ({ ...one, boot_index: rootVolume ? index : index + 1 }));
    return parseBlockDeviceInfo({ ...info, block_device_mapping });
  });

const requests = fc
  .record({
    small: fc.record({
      extraSpecs: fc.dictionary(keys, words, { maxKeys: 3 }),
      properties,
      vcpus: fc.integer({ min: 1, max: 8 }),
      networkInfo: fc.array(
        fc.constantFrom(...['bridge', 'user', 'ovs', 'network', 'nowhere'].map((type) => vif(type))),
        {
          maxLength: 2,
        },
      ),
      config: fc.record({
        virtType: fc.constantFrom('kvm' as const, 'qemu' as const),
        cpuMode: fc.constantFrom(undefined, 'none' as const, 'host-passthrough' as const, 'custom' as const),
        cpuSharedSet: fc.constantFrom(undefined, undefined, [0], [1], [7]),
      }),
    }),
    blockDeviceInfo: blockDevices,
    configDrive: fc.constantFrom('', 'True'),
    osType: fc.constantFrom(undefined, 'windows', 'linux'),
  })
  .map(
    ({ small, blockDeviceInfo, ...instance }) =>
      () =>
        requestWith(small, blockDeviceInfo, instance),
  );

/** A request with those block devices, each with a source. */
function requestWith(small: SmallOptions, blockDeviceInfo: BlockDeviceInfo, more: object): GuestRequest {
  const request = smallRequest({ ...small, properties: {} });
  const instance = parseInstance({ ...request.instance, ...more });
  const imageMeta = { diskFormat: 'qcow2', properties: small.properties ?? {} };
  const { virtType } = request.config;
  const where = { virtType, instance, imageMeta, hostArch: request.host.arch, config: defaultBlockinfoConfig };
  const { mapping, blockDeviceInfo: placed } = getDiskInfo({ ...where, blockDeviceInfo });
  const source = (name: string): [string, DiskSource] => [
    name,
    { type: 'file', path: `/disks/${name}`, format: 'raw' },
  ];
  const disks = new Map([...mapping.keys()].filter((name) => name !== 'root').map(source));
  return { ...request, instance, imageMeta, diskMapping: mapping, blockDeviceInfo: placed, disks };
}

test('designGuest answers any request with a guest whose disks have names of their own and whose root boots, or refuses it', () => {
  const counts = { answered: 0, refused: 0 };
  fc.assert(
    fc.property(requests, (makeRequest) => {
      const request = typed(makeRequest);
      const before = structuredClone(request);
      const guest = request && typed(() => designGuest(request));
      counts[guest ? 'answered' : 'refused']++;
      if (!request || !guest) return;
      expect(check(Domain, guest)).toEqual([]);
      checkDisks(request, guest);
      expect(request).toEqual(before);
      expect(build(Domain, designGuest(structuredClone(request)))).toBe(build(Domain, guest));
    }),
    { numRuns: 1000 },
  );
  expect(counts.answered).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(100);
});

function checkDisks({ diskMapping }: GuestRequest, { os, devices }: Domain): void {
  const disks = devices?.disks ?? [];
  expect(new Set(disks.map(({ target }) => target?.dev)).size).toBe(disks.length);
  const root = disks.find(({ target }) => target?.dev === diskMapping.get('root')?.dev);
  const kinds = { disk: 'hd', cdrom: 'cdrom', floppy: 'fd', lun: 'hd' };
  const order = os?.boots?.map(({ dev }) => dev) ?? [];
  expect(order[0]).toBe(kinds[diskMapping.get('root')?.type ?? 'disk']);
  expect(root?.device).toBe(diskMapping.get('root')?.type);
  const booting = [...diskMapping].filter(([name, { bootIndex }]) => name !== 'root' && bootIndex !== undefined);
  expect(order.toSorted()).toEqual([...new Set(booting.map(([, { type }]) => kinds[type]))].toSorted());
}

/** Any other error than a refusal fails the test. */
function typed<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof DesignerError || error instanceof BlockinfoError || error instanceof InstanceError)
      return undefined;
    throw error;
  }
}
