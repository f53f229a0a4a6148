import { noBlockDevices } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { type SmallOptions, smallRequest, vif } from '../test/small-request.ts';
import { designGuest } from './design-guest.ts';
import type { DiskSource } from './disk-source.ts';
import { DesignerError } from './errors.ts';

/** Requests outside of the shared recording whose guests Nova answered otherwise, or libvirt refused. */
const design = (options: SmallOptions = {}) => designGuest(smallRequest(options));
const refusal = (options: SmallOptions) => {
  try {
    design(options);
  } catch (error) {
    if (error instanceof DesignerError) return { code: error.code, context: error.context };
    throw error;
  }
  return undefined;
};
const kvm = { virtType: 'kvm' } as const;

test('designGuest names of several faults the one that Nova meets first', () => {
  const watchdog = { 'hw:watchdog_action': 'explode' };
  expect(refusal({ extraSpecs: { 'hw:viommu_model': 'intel', ...watchdog } })?.code).toBe('WATCHDOG_ACTION_INVALID');
  const properties = { hw_scsi_model: 'buslogic', hw_video_ram: '8' };
  expect(refusal({ properties })?.code).toBe('VIDEO_MEMORY_TOO_HIGH');
  const noController = { host: { cpuController: false }, extraSpecs: { 'quota:cpu_shares': '512' } };
  expect(refusal({ ...noController, properties })?.code).toBe('CPU_CONTROL_UNAVAILABLE');
});

test('designGuest gives the configured CPU model to the other architecture of PCs', () => {
  const guests = [{ arch: 'i686', machines: [{ name: 'pc', canonical: undefined }] }];
  const config = { ...kvm, cpuMode: 'custom', cpuModels: ['SandyBridge'], cpuModelExtraFlags: ['ssbd'] } as const;
  const { cpu } = design({ host: { guests }, config, properties: { hw_architecture: 'i686' } });
  expect(cpu).toMatchObject({ model: { value: 'SandyBridge' }, features: [{ name: 'ssbd', policy: 'require' }] });
  expect(cpu?.mode).toBeUndefined();
});

test('designGuest writes no CPU features where it names no model', () => {
  const guests = [{ arch: 's390x', machines: [{ name: 's390-ccw-virtio', canonical: undefined }] }];
  const config = { ...kvm, cpuModelExtraFlags: ['pcid'] };
  const { cpu } = design({ host: { guests }, config, properties: { hw_emulation_architecture: 's390x' } });
  expect(cpu).toMatchObject({ match: 'exact', features: [] });
});

test('designGuest keeps PCIe ports from containers whose image names a q35 machine', () => {
  const config = { virtType: 'lxc', numPciePorts: 4 } as const;
  const { devices } = design({ config, properties: { hw_machine_type: 'q35' }, request: { rootfsPath: '/r' } });
  expect(devices?.controllers?.map(({ type }) => type)).toEqual(['usb']);
});

test('designGuest takes a period or bandwidth of 0 for none, and refuses a period that libvirt does not take', () => {
  const zero = { 'quota:cpu_period': '0', 'quota:vif_inbound_average': '0' };
  const guest = design({ extraSpecs: zero, networkInfo: [vif('bridge')] });
  expect(guest.cputune).toBeUndefined();
  expect(guest.devices?.interfaces?.[0]?.bandwidth).toBeUndefined();
  expect(design({ extraSpecs: { 'quota:cpu_quota': '-1' } }).cputune).toMatchObject({ quota: -1 });
  const error = { code: 'INVALID_EXTRA_SPEC', context: { key: 'quota:cpu_period', value: '999' } };
  expect(refusal({ extraSpecs: { 'quota:cpu_period': '999' } })).toMatchObject(error);
});

test('designGuest refuses any card but virtio for a socket that another process serves', () => {
  const networkInfo = [vif('vhostuser', { details: { vhostuser_socket: '/s' } })];
  expect(design({ networkInfo }).devices?.interfaces?.[0]?.model).toEqual({ type: 'virtio' });
  expect(refusal({ networkInfo, properties: { hw_vif_model: 'e1000' } })?.code).toBe('VIF_MODEL_UNSUPPORTED');
  expect(refusal({ networkInfo, config: { useVirtioForBridges: false } })?.code).toBe('VIF_MODEL_UNSUPPORTED');
});

test('designGuest refuses to hand a PCI device over twice', () => {
  const port: Record<string, unknown> = {
    vnic_type: 'direct',
    details: { vlan: '100' },
    profile: { pci_slot: '0000:0a:00.1' },
  };
  expect(design({ networkInfo: [vif('hw_veb', port)] }).devices?.interfaces).toHaveLength(1);
  const context = { address: '0000:0a:00.1' };
  expect(refusal({ networkInfo: [vif('hw_veb', port), vif('hw_veb', port)] })).toEqual({
    code: 'PCI_UNAVAILABLE',
    context,
  });
});

test('designGuest refuses read-only disks on SATA, and shared ones that are not raw', () => {
  const attach = (connection: object, format: string, bus: string) => ({
    diskMapping: new Map([['/dev/sdb', { bus, dev: 'sdb', type: 'disk' as const }]]),
    disks: new Map<string, DiskSource>([['/dev/sdb', { type: 'block', path: '/dev/x', format }]]),
    blockDeviceInfo: {
      ...noBlockDevices,
      blockDeviceMapping: [
        {
          mountDevice: '/dev/sdb',
          deleteOnTermination: false,
          connectionInfo: { driverVolumeType: 'local', data: {}, multiattach: false, ...connection },
        },
      ],
    },
  });
  const readOnly = { data: { access_mode: 'ro' } };
  expect(refusal({ request: attach(readOnly, 'raw', 'sata') })?.code).toBe('DISK_BUS_UNAVAILABLE');
  expect(refusal({ request: attach(readOnly, 'raw', 'virtio') })).toBeUndefined();
  expect(refusal({ request: attach({ multiattach: true }, 'qcow2', 'virtio') })?.code).toBe('DISK_SOURCE_INVALID');
  expect(refusal({ request: attach({ multiattach: true }, 'raw', 'virtio') })).toBeUndefined();
});

test('designGuest leaves the rescue disk beside the others out of the configured cache modes', () => {
  const rescue = {
    rescue: true,
    diskMapping: new Map([
      ['root', { bus: 'virtio', dev: 'vda', type: 'disk' as const, bootIndex: 1 }],
      ['disk', { bus: 'virtio', dev: 'vda', type: 'disk' as const, bootIndex: 1 }],
      ['disk.rescue', { bus: 'virtio', dev: 'vdb', type: 'disk' as const }],
    ]),
    disks: new Map<string, DiskSource>(
      ['disk', 'disk.rescue'].map((name) => [name, { type: 'file', path: `/${name}`, format: 'qcow2' }] as const),
    ),
  };
  const { devices } = design({ config: { diskCachemodes: { file: 'directsync' } }, request: rescue });
  expect(devices?.disks?.map(({ driver }) => driver?.cache)).toEqual(['directsync', 'none']);
});

test('designGuest refuses TPMs that the machine of another architecture does not have', () => {
  const systemMetadata = { vtpm_secret_uuid: '7d3f5c1e-0000-4000-8000-00000000000a' };
  const { instance } = smallRequest({ extraSpecs: { 'hw:tpm_version': '1.2' } });
  const request = { instance: { ...instance, systemMetadata } };
  const properties = { hw_emulation_architecture: 'aarch64', hw_firmware_type: 'bios' };
  expect(design({ request }).devices?.tpms).toHaveLength(1);
  expect(refusal({ request, properties, config: kvm })?.context).toMatchObject({ key: 'hw:tpm_version' });
});

test('designGuest keeps the clock of Hyper-V to PCs', () => {
  const { instance } = smallRequest();
  const request = { instance: { ...instance, osType: 'windows' } };
  const names = (options: SmallOptions) =>
    design({ config: kvm, request, ...options }).clock?.timers?.map((one) => one.name);
  expect(names({})).toContain('hypervclock');
  const properties = { hw_emulation_architecture: 'aarch64', hw_firmware_type: 'bios' };
  expect(names({ properties })).not.toContain('hypervclock');
});
