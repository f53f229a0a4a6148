/** How the host's page cache is used for a disk: QEMU's cache modes. */
export type CacheMode = 'none' | 'writethrough' | 'writeback' | 'directsync' | 'unsafe' | 'default';

/** The options of nova.conf that decide about guests, under Nova's names; {@link defaultDesignerConfig} has its defaults. */
export interface DesignerConfig {
  /** `libvirt.virt_type`. */
  readonly virtType: 'kvm' | 'qemu' | 'lxc';
  /** `libvirt.cpu_mode`; missing: `host-passthrough` on aarch64 and `host-model` elsewhere. */
  readonly cpuMode?: 'host-model' | 'host-passthrough' | 'custom' | 'none' | undefined;
  /** `libvirt.cpu_models`: for the mode `custom`, in order of preference. */
  readonly cpuModels: readonly string[];
  /** `libvirt.cpu_model_extra_flags`: `pcid`, `+ssse3`, `-mtrr`. */
  readonly cpuModelExtraFlags: readonly string[];
  /** `libvirt.hw_machine_type`: architecture → default machine type. */
  readonly hwMachineType: Readonly<Record<string, string>>;
  /** `libvirt.rng_dev_path`. */
  readonly rngDevPath: string;
  /** `libvirt.use_virtio_for_bridges`: network cards are virtio unless the image wishes otherwise. */
  readonly useVirtioForBridges: boolean;
  /** `libvirt.rx_queue_size`, `libvirt.tx_queue_size`: queue lengths of virtio network cards. */
  readonly rxQueueSize?: number | undefined;
  readonly txQueueSize?: number | undefined;
  /** `libvirt.max_queues`: number of queues per card; missing: what the kernel can do. */
  readonly maxQueues?: number | undefined;
  /** `libvirt.disk_cachemodes`: kind of source → cache mode. */
  readonly diskCachemodes: Readonly<Partial<Record<'file' | 'block' | 'network' | 'mount', CacheMode>>>;
  /** `libvirt.mem_stats_period_seconds`; 0: no balloon. */
  readonly memStatsPeriodSeconds: number;
  /** `libvirt.num_pcie_ports`; 0: as many as the devices need. */
  readonly numPciePorts: number;
  /** `libvirt.enabled_perf_events`: performance counters that libvirt reads. */
  readonly enabledPerfEvents: readonly string[];
  /** `libvirt.file_backed_memory` is set: the guest's memory lies in files of libvirt's memory backing directory. */
  readonly fileBackedMemory: boolean;
  /** `libvirt.sysinfo_serial`: what the guest's firmware shows as serial number. */
  readonly sysinfoSerial: 'unique' | 'os' | 'hardware' | 'auto' | 'none';
  /** `libvirt.realtime_scheduler_priority`. */
  readonly realtimeSchedulerPriority: number;
  /** `libvirt.uid_maps`, `libvirt.gid_maps`: `start:target:count` of containers; the first five of each count. */
  readonly uidMaps: readonly string[];
  readonly gidMaps: readonly string[];
  /** `compute.cpu_shared_set`, `compute.cpu_dedicated_set`: numbers of CPUs; missing: not configured. */
  readonly cpuSharedSet?: readonly number[] | undefined;
  readonly cpuDedicatedSet?: readonly number[] | undefined;
  /** `pointer_model`; missing leaves the pointer to the hypervisor. */
  readonly pointerModel?: 'usbtablet' | 'ps2mouse' | undefined;
  /** `serial_console`: serial ports on TCP instead of a pty. */
  readonly serialConsole: { readonly enabled: boolean; readonly proxyclientAddress: string };
  readonly vnc: { readonly enabled: boolean; readonly serverListen: string };
  readonly spice: { readonly enabled: boolean; readonly agentEnabled: boolean; readonly serverListen: string };
  /** `workarounds.libvirt_disable_apic`. */
  readonly libvirtDisableApic: boolean;
  /** What the guest's firmware and the metadata of its domain name as maker; cloud-init knows OpenStack by the product. */
  readonly identity: { readonly vendor: string; readonly product: string; readonly version: string };
  /** Not Nova's: MiB of translated code that QEMU keeps per guest without KVM; missing leaves QEMU's default. */
  readonly tcgTbCacheMiB?: number | undefined;
}

/** Nova's defaults, with KVM. The version is that of the Nova whose decisions are followed. */
export const defaultDesignerConfig: DesignerConfig = {
  virtType: 'kvm',
  cpuModels: [],
  cpuModelExtraFlags: [],
  hwMachineType: {},
  rngDevPath: '/dev/urandom',
  useVirtioForBridges: true,
  diskCachemodes: {},
  memStatsPeriodSeconds: 10,
  numPciePorts: 0,
  enabledPerfEvents: [],
  fileBackedMemory: false,
  sysinfoSerial: 'unique',
  realtimeSchedulerPriority: 1,
  uidMaps: [],
  gidMaps: [],
  pointerModel: 'usbtablet',
  serialConsole: { enabled: false, proxyclientAddress: '127.0.0.1' },
  vnc: { enabled: true, serverListen: '127.0.0.1' },
  spice: { enabled: false, agentEnabled: true, serverListen: '127.0.0.1' },
  libvirtDisableApic: false,
  identity: { vendor: 'OpenStack Foundation', product: 'OpenStack Nova', version: '26.2.2' },
};
