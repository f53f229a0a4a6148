import { type BlockinfoConfig, defaultBlockinfoConfig } from '@spawnkit/blockinfo';
import { parseCpuSet } from '@spawnkit/instance';
import { type CacheMode, defaultDesignerConfig, type DesignerConfig } from '../src/index.ts';
import { type Json, numberOf, recordOf, textOf, textsOf, wordOf } from './recorded-case.ts';

/** The configuration of a recorded case: Nova's defaults and the options that differ. */
export function designerConfigOf(recorded: Json, host: Json): DesignerConfig {
  checkOptions(recorded);
  const of = (option: string) => recorded[option] ?? undefined;
  const standard = defaultDesignerConfig;
  const version = recordOf(host.nova_version);
  const local = '127.0.0.1';
  return {
    ...standard,
    virtType: wordOf(of('libvirt.virt_type'), 'kvm', 'qemu', 'lxc') ?? 'kvm',
    cpuMode: wordOf(of('libvirt.cpu_mode'), 'host-model', 'host-passthrough', 'custom', 'none'),
    cpuModels: textsOf(of('libvirt.cpu_models')),
    cpuModelExtraFlags: textsOf(of('libvirt.cpu_model_extra_flags')),
    hwMachineType: machineTypes(textsOf(of('libvirt.hw_machine_type'))),
    rngDevPath: textOf(of('libvirt.rng_dev_path')) ?? standard.rngDevPath,
    useVirtioForBridges: of('libvirt.use_virtio_for_bridges') !== false,
    rxQueueSize: numberOf(of('libvirt.rx_queue_size')),
    txQueueSize: numberOf(of('libvirt.tx_queue_size')),
    maxQueues: numberOf(of('libvirt.max_queues')),
    diskCachemodes: cacheModes(textsOf(of('libvirt.disk_cachemodes'))),
    numPciePorts: numberOf(of('libvirt.num_pcie_ports')) ?? 0,
    sysinfoSerial: wordOf(of('libvirt.sysinfo_serial'), 'unique', 'os', 'hardware', 'auto', 'none') ?? 'unique',
    realtimeSchedulerPriority: numberOf(of('libvirt.realtime_scheduler_priority')) ?? 1,
    uidMaps: textsOf(of('libvirt.uid_maps')),
    gidMaps: textsOf(of('libvirt.gid_maps')),
    memStatsPeriodSeconds: numberOf(of('libvirt.mem_stats_period_seconds')) ?? standard.memStatsPeriodSeconds,
    enabledPerfEvents: textsOf(of('libvirt.enabled_perf_events')),
    fileBackedMemory: (numberOf(of('libvirt.file_backed_memory')) ?? 0) > 0,
    cpuSharedSet: cpuSet(of('vcpu_pin_set') ?? of('compute.cpu_shared_set')),
    cpuDedicatedSet: cpuSet(of('compute.cpu_dedicated_set')),
    pointerModel:
      'pointer_model' in recorded ? wordOf(of('pointer_model'), 'usbtablet', 'ps2mouse') : standard.pointerModel,
    serialConsole: {
      enabled: of('serial_console.enabled') === true,
      proxyclientAddress: textOf(of('serial_console.proxyclient_address')) ?? local,
    },
    vnc: { enabled: of('vnc.enabled') !== false, serverListen: textOf(of('vnc.server_listen')) ?? local },
    spice: {
      enabled: of('spice.enabled') === true,
      agentEnabled: of('spice.agent_enabled') !== false,
      serverListen: textOf(of('spice.server_listen')) ?? local,
    },
    libvirtDisableApic: of('workarounds.libvirt_disable_apic') === true,
    identity: {
      vendor: textOf(version.vendor) ?? '',
      product: textOf(version.product) ?? '',
      version: textOf(version.version) ?? '',
    },
  };
}

/** The same for the disk mapping. */
export function blockinfoConfigOf(recorded: Json): BlockinfoConfig {
  return {
    ...defaultBlockinfoConfig,
    configDriveFormat: recorded.config_drive_format === 'vfat' ? 'vfat' : 'iso9660',
    forceConfigDrive: recorded.force_config_drive === true,
    diskPrefix: textOf(recorded['libvirt.disk_prefix']),
    maxDiskDevicesToAttach: numberOf(recorded['compute.max_disk_devices_to_attach']) ?? -1,
    hwMachineType: machineTypes(textsOf(recorded['libvirt.hw_machine_type'])),
  };
}

/** An option that nobody here reads would make a case pass or fail by chance. */
function checkOptions(recorded: Json): void {
  const unknown = Object.keys(recorded).filter((option) => !knownOptions.includes(option));
  if (unknown.length > 0) throw new TypeError(`The runner does not know the recorded options ${unknown.join(', ')}.`);
}

/** Read here, in recorded-disks.ts or in recorded-request.ts; `host` and the two before it decide nothing about a guest. */
const knownOptions: readonly string[] = `
  libvirt.virt_type libvirt.cpu_mode libvirt.cpu_models libvirt.cpu_model_extra_flags libvirt.hw_machine_type
  libvirt.rng_dev_path libvirt.use_virtio_for_bridges libvirt.rx_queue_size libvirt.tx_queue_size libvirt.max_queues
  libvirt.disk_cachemodes libvirt.num_pcie_ports libvirt.sysinfo_serial libvirt.realtime_scheduler_priority
  libvirt.uid_maps libvirt.gid_maps libvirt.mem_stats_period_seconds libvirt.enabled_perf_events
  libvirt.file_backed_memory libvirt.disk_prefix libvirt.images_type libvirt.images_volume_group
  libvirt.images_rbd_pool libvirt.rbd_user libvirt.rbd_secret_uuid libvirt.hw_disk_discard
  libvirt.sparse_logical_volumes compute.cpu_shared_set compute.cpu_dedicated_set vcpu_pin_set pointer_model
  compute.max_disk_devices_to_attach config_drive_format force_config_drive use_cow_images preallocate_images
  serial_console.enabled serial_console.proxyclient_address vnc.enabled vnc.server_listen spice.enabled
  spice.agent_enabled spice.server_listen workarounds.libvirt_disable_apic instances_path
  libvirt.swtpm_enabled libvirt.volume_use_multipath host
`
  .trim()
  .split(/\s+/);

/** `arch=type` entries; the first of an architecture counts, one without a type never does. */
function machineTypes(entries: readonly string[]): Readonly<Record<string, string>> {
  const pairs = entries.map((entry) => entry.split('=', 2)).filter(([, type]) => type);
  return Object.fromEntries(pairs.toReversed().map(([arch = '', type = '']) => [arch, type]));
}

/** `kind=mode` entries; Nova warns of modes that do not exist and goes on without them. */
function cacheModes(entries: readonly string[]): DesignerConfig['diskCachemodes'] {
  const modes: readonly CacheMode[] = ['none', 'writethrough', 'writeback', 'directsync', 'unsafe', 'default'];
  const pairs = entries.map((entry) => entry.split('=', 2));
  return Object.fromEntries(pairs.filter(([, mode]) => modes.some((one) => one === mode)));
}

function cpuSet(text: unknown): readonly number[] | undefined {
  return typeof text === 'string' ? parseCpuSet(text) : undefined;
}
