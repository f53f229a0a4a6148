import { build, check, Domain, parse } from '@spawnkit/guest-config';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SmallOptions, smallRequest, vif } from '../test/small-request.ts';
import { designGuest } from './design-guest.ts';
import type { DiskSource } from './disk-source.ts';
import { DesignerError } from './errors.ts';

const design = (options: SmallOptions = {}) => designGuest(smallRequest(options));
const refusal = (options: SmallOptions) => {
  try {
    design(options);
  } catch (error) {
    if (error instanceof DesignerError) return error;
    throw error;
  }
  return undefined;
};

test('designGuest keeps the console readable and logged', () => {
  expect(design().devices?.serials).toEqual([
    { type: 'pty', log: { file: '/instances/first/console.log', append: false } },
  ]);
});

test('designGuest limits the translation cache of guests without KVM, and of those only', () => {
  const config = { tcgTbCacheMiB: 64 };
  expect(design({ config }).features?.tcg).toEqual({ tbCache: { unit: 'MiB', value: 64n } });
  expect(design({ config: { ...config, virtType: 'kvm' } }).features?.tcg).toBeUndefined();
  const emulated = { ...config, virtType: 'kvm' as const };
  const properties = { hw_emulation_architecture: 'aarch64', hw_firmware_type: 'bios' };
  expect(design({ config: emulated, properties })).toMatchObject({ type: 'qemu', features: { tcg: {} } });
});

test('designGuest boots a kernel with the command line of Nova or of the image', () => {
  const request = { kernelPath: '/k', ramdiskPath: '/r' };
  const os = {
    kernel: '/k',
    initrd: '/r',
    cmdline: 'root=/dev/vda console=tty0 console=ttyS0 console=hvc0 no_timer_check',
  };
  expect(design({ request }).os).toMatchObject(os);
  const properties = { os_command_line: 'quiet' };
  expect(design({ request, properties }).os).toMatchObject({ ...os, cmdline: 'quiet' });
  expect(design({ properties }).os).toMatchObject({ boots: [{ dev: 'hd' }] });
  expect(design({ properties }).os?.cmdline).toBeUndefined();
});

test('designGuest connects to libvirt networks and to user networking', () => {
  const networkInfo = [vif('network', { network: { bridge: 'default', meta: { mtu: 1400 } } }), vif('user')];
  const mac = { address: 'fa:16:3e:00:00:01' };
  expect(design({ networkInfo }).devices?.interfaces).toEqual([
    {
      type: 'network',
      source: { network: 'default' },
      mac,
      model: { type: 'virtio' },
      driver: { name: 'qemu' },
      mtu: { size: 1400 },
    },
    { type: 'user', mac, model: { type: 'virtio' } },
  ]);
});

test('designGuest says which disk has no source', () => {
  const error = refusal({ request: { disks: new Map() } });
  expect(error).toMatchObject({ code: 'DISK_SOURCE_INVALID', context: { name: 'disk' } });
  expect(error?.fix).toBeDefined();
});

test('designGuest refuses what it cannot design before it decides anything', () => {
  const { diskMapping } = smallRequest();
  const [, root] = [...diskMapping.entries()][0] ?? [];
  const encrypted = new Map([['disk', { bus: 'virtio', type: 'disk' as const, ...root, encryption: {} }]]);
  expect(refusal({ request: { diskMapping: encrypted } })).toMatchObject({
    code: 'NOT_SUPPORTED',
    context: { field: 'diskMapping encryption' },
  });
  expect(refusal({ extraSpecs: { 'hw:pmem': '6GB' } })).toMatchObject({ context: { field: 'persistent memory' } });
});

const mainframe = { hw_emulation_architecture: 's390x' };
const mainframeHost = {
  guests: [
    { arch: 'x86_64', machines: [{ name: 'isapc' }, { name: 'pc' }] },
    { arch: 's390x', machines: [{ name: 's390-ccw-virtio' }] },
  ],
};

test('designGuest gives a mainframe its keyboard and pointer over virtio, and a virtio card with SPICE', () => {
  const spice = { enabled: true, agentEnabled: false, serverListen: '127.0.0.1' };
  const { devices } = design({ properties: mainframe, host: mainframeHost, config: { spice } });
  expect(devices?.inputs).toEqual([{ type: 'tablet', bus: 'virtio' }]);
  expect(devices?.videos).toMatchObject([{ model: { type: 'virtio' } }]);
  expect(devices?.controllers).toEqual([{ type: 'usb', index: 0, model: 'none' }]);
});

test('designGuest passes a LUN through only when it is a raw block device, and without a serial number', () => {
  const diskMapping = new Map([['disk', { bus: 'scsi', dev: 'sda', type: 'lun' as const }]]);
  const lun = (source: DiskSource) => design({ request: { diskMapping, disks: new Map([['disk', source]]) } });
  const block = { type: 'block', path: '/dev/lun', format: 'raw' } as const;
  expect(lun(block).devices?.disks?.[0]).toMatchObject({ device: 'lun', target: { bus: 'scsi' } });
  for (const source of [
    { ...block, format: 'qcow2' },
    { ...block, luksSecretUuid: 'x' },
    { ...block, type: 'file' as const },
  ]) {
    expect(() => lun(source)).toThrow(expect.objectContaining({ code: 'DISK_SOURCE_INVALID' }));
  }
});

test.each([
  ['FLAVOR_IMAGE_CONFLICT', { properties: { hw_pmu: 'true' }, extraSpecs: { 'hw:pmu': 'false' } }],
  ['INVALID_EXTRA_SPEC', { extraSpecs: { 'hw_rng:rate_bytes': 'many' } }],
  [
    'CPU_TOPOLOGY_IMPOSSIBLE',
    { vcpus: 6, extraSpecs: { 'hw:cpu_max_sockets': '1', 'hw:cpu_max_cores': '1', 'hw:cpu_max_threads': '2' } },
  ],
  [
    'CPU_MODEL_UNAVAILABLE',
    { config: { cpuMode: 'custom', cpuModels: ['Newest'] }, host: { cpuModelNames: ['Haswell'] } },
  ],
  ['MACHINE_TYPE_UNAVAILABLE', { properties: { hw_machine_type: 'virt' } }],
  ['MACHINE_TYPE_UNAVAILABLE', { properties: { hw_machine_type: 'isapc' }, host: mainframeHost }],
  ['DISK_BUS_UNAVAILABLE', { properties: { hw_disk_bus: 'ide', hw_machine_type: 'q35' } }],
  ['DISK_BUS_UNAVAILABLE', { properties: { hw_disk_bus: 'fdc' } }],
  ['DISK_BUS_UNAVAILABLE', { properties: { ...mainframe, hw_disk_bus: 'usb' }, host: mainframeHost }],
  ['SCSI_MODEL_UNAVAILABLE', { properties: { hw_scsi_model: 'buslogic' } }],
  ['SCSI_MODEL_UNAVAILABLE', { properties: { ...mainframe, hw_scsi_model: 'lsilogic' }, host: mainframeHost }],
  ['VIDEO_MODEL_UNAVAILABLE', { properties: { hw_video_model: 'gop' } }],
  ['VIDEO_MODEL_UNAVAILABLE', { properties: { ...mainframe, hw_video_model: 'vga' }, host: mainframeHost }],
  ['INPUT_BUS_UNAVAILABLE', { properties: { ...mainframe, hw_input_bus: 'usb' }, host: mainframeHost }],
  ['INVALID_EXTRA_SPEC', { extraSpecs: { 'quota:disk_total_iops_sec': '9', 'quota:disk_read_iops_sec': '9' } }],
  ['IOMMU_UNAVAILABLE', { properties: { hw_machine_type: 'q35' }, extraSpecs: { 'hw:viommu_model': 'smmuv3' } }],
  ['UEFI_UNAVAILABLE', { properties: { hw_firmware_type: 'uefi' } }],
  ['SECURE_BOOT_UNAVAILABLE', { properties: { hw_firmware_type: 'uefi', os_secure_boot: 'required' } }],
  ['IOMMU_UNAVAILABLE', { extraSpecs: { 'hw:viommu_model': 'intel' } }],
  ['LOCKED_MEMORY_FORBIDDEN', { extraSpecs: { 'hw:locked_memory': 'true' } }],
  ['CPU_CONTROL_UNAVAILABLE', { extraSpecs: { 'quota:cpu_shares': '10' }, host: { cpuController: false } }],
  ['HOST_CPUS_INVALID', { config: { cpuSharedSet: [7] } }],
  ['SERIAL_PORTS_INVALID', { config: { serialConsole: { enabled: true, proxyclientAddress: '127.0.0.1' } } }],
  ['VIDEO_MEMORY_TOO_HIGH', { properties: { hw_video_ram: '64' } }],
  ['WATCHDOG_ACTION_INVALID', { extraSpecs: { 'hw:watchdog_action': 'bark' } }],
  ['RNG_DEVICE_MISSING', { host: { rngDevPathExists: false } }],
  ['TPM_SECRET_MISSING', { extraSpecs: { 'hw:tpm_version': '2.0' } }],
  ['VIF_MODEL_UNSUPPORTED', { properties: { hw_vif_model: 'netfront' }, networkInfo: [vif('bridge')] }],
  ['VIF_INVALID', { networkInfo: [vif('bridge', { network: {} })] }],
] satisfies readonly (readonly [string, SmallOptions])[])('designGuest throws %s', (code, options) => {
  const error = refusal(options);
  expect(error?.code).toBe(code);
  expect(error?.fix ?? '').not.toBe('');
});

const wishes = fc.record({
  vcpus: fc.integer({ min: 1, max: 64 }),
  extraSpecs: fc.record(
    {
      'hw:cpu_max_threads': fc.constantFrom('1', '2'),
      'hw:watchdog_action': fc.constantFrom('reset', 'disabled'),
      'quota:cpu_shares': fc.integer({ min: 1, max: 9999 }).map(String),
      'quota:disk_read_iops_sec': fc.nat().map(String),
      'quota:vif_inbound_average': fc.nat().map(String),
    },
    { requiredKeys: [] },
  ),
  properties: fc.record(
    {
      hw_machine_type: fc.constantFrom('pc', 'q35'),
      hw_disk_bus: fc.constantFrom('virtio', 'scsi', 'sata', 'usb'),
      hw_scsi_model: fc.constantFrom('virtio-scsi', 'lsilogic'),
      hw_vif_model: fc.constantFrom('virtio', 'e1000'),
      hw_qemu_guest_agent: fc.constantFrom('true', 'false'),
      hw_input_bus: fc.constantFrom('usb', 'virtio'),
    },
    { requiredKeys: [] },
  ),
  config: fc.record(
    {
      virtType: fc.constantFrom('kvm' as const, 'qemu' as const),
      cpuMode: fc.constantFrom('none' as const, 'host-model' as const, 'host-passthrough' as const),
      memStatsPeriodSeconds: fc.nat({ max: 60 }),
      numPciePorts: fc.nat({ max: 28 }),
    },
    { requiredKeys: [] },
  ),
  networkInfo: fc.array(fc.constantFrom(vif('bridge'), vif('network'), vif('user'), vif('ovs')), { maxLength: 3 }),
});

test('designGuest gives a document that reads back, with the flavor’s vCPUs, its disk and its interfaces; twice the same', () => {
  fc.assert(
    fc.property(wishes, (options) => {
      const guest = design(options);
      expect(check(Domain, guest)).toEqual([]);
      const read = parse(Domain, build(Domain, guest), { strict: true });
      const { sockets = 0, cores = 0, threads = 0 } = read.cpu?.topology ?? {};
      expect(sockets * cores * threads).toBe(options.vcpus);
      expect(read.vcpu?.value).toBe(options.vcpus);
      expect(read.devices?.disks).toHaveLength(1);
      expect(read.devices?.interfaces ?? []).toHaveLength(options.networkInfo.length);
      const usesUsb = [
        ...(read.devices?.disks ?? []).map((disk) => disk.target?.bus),
        ...(read.devices?.inputs ?? []).map((input) => input.bus),
      ].includes('usb');
      const usb = read.devices?.controllers?.find((controller) => controller.type === 'usb');
      expect(usb?.model === 'none').toBe(!usesUsb);
      expect(design(options)).toEqual(guest);
    }),
  );
});
