/**
 * libvirt's XML as typed values: one declaration per element gives its type, its reader and its writer. Pure; what the
 * declarations do not know is kept and written back.
 *
 * ```ts
 * import { build, Domain, parse } from '@spawnkit/guest-config';
 *
 * const guest = parse(Domain, '<domain type="kvm"><name>one</name></domain>');
 * console.log(build(Domain, { ...guest, vcpu: { value: 2 } }));
 * ```
 *
 * @packageDocumentation
 */
export { build, type BuildOptions, check, parse, type ParseOptions } from './document.ts';
export { type Codec } from './dsl/codec.ts';
export { type CpuSet, cpus } from './dsl/cpuset.ts';
export { type El, type Extra, type Infer } from './dsl/el.ts';
export { type Name, type QName } from './dsl/name.ts';
export { describeIssue, GuestConfigError, type GuestConfigErrorCode, type GuestConfigIssue } from './errors.ts';
export { type PciAddress, pci } from './pci.ts';
export { Address, PciSourceAddress } from './schema/address.ts';
export {
  Capabilities,
  GuestArch,
  GuestFeatures,
  GuestMachine,
  GuestSupport,
  Host,
  HostCache,
  HostCell,
  HostCpu,
  HostCpuPlace,
  HostMemoryBandwidth,
  HostTopology,
  ResourceMonitor,
  SecModel,
} from './schema/capabilities.ts';
export {
  Channel,
  ChannelTarget,
  CharChannelSource,
  CharLog,
  CharNetSource,
  CharNmdmSource,
  CharPathSource,
  CharProtocol,
  CharTarget,
  CharUnixSource,
  CharVdagentSource,
  Console,
  Parallel,
  RedirDev,
  Serial,
  Smartcard,
} from './schema/chardev.ts';
export { Clock, Timer } from './schema/clock.ts';
export {
  AcpiIndex,
  Alias,
  AudioLink,
  Auth,
  BackendDomain,
  Boot,
  DeviceSeclabel,
  Encryption,
  IdMap,
  IdMapRange,
  Initiator,
  IoThreadMapping,
  MetadataCache,
  Reconnect,
  Rom,
  Size,
  Teaming,
  Toggle,
  UsbId,
  VirtioDriver,
} from './schema/common.ts';
export { Controller, ControllerDriver, PciControllerTarget } from './schema/controller.ts';
export {
  Cpu,
  CpuFeature,
  CpuModel,
  CpuTopology,
  MaxPhysAddr,
  Numa,
  NumaCache,
  NumaCell,
  NumaDistances,
  NumaInterconnects,
  Quantity,
} from './schema/cpu.ts';
export {
  Cachetune,
  Cputune,
  EmulatorPin,
  EmulatorSched,
  IoThreadPin,
  IoThreadSched,
  Memorytune,
  VcpuPin,
  VcpuSched,
} from './schema/cputune.ts';
export { Devices } from './schema/devices.ts';
export {
  BackingStore,
  BlockSource,
  DataStore,
  DirSource,
  FileSource,
  ImageFormat,
  NetworkHost,
  NetworkSource,
  NvmeSource,
  Reservations,
  Slices,
  VhostUserSource,
  VhostVdpaSource,
  VolumeSource,
} from './schema/disk-source.ts';
export { Disk, DiskDriver, DiskTarget, IoTune, Mirror, ThrottleGroup } from './schema/disk.ts';
export { Graphics, GraphicsGl, GraphicsListen, Video, VideoModel } from './schema/display.ts';
export {
  Choice,
  choiceOf,
  CpuModeSupport,
  DeviceSupport,
  DomainCapabilities,
  FeatureSupport,
  OsSupport,
  SevSupport,
  SgxSupport,
  Support,
} from './schema/domain-capabilities.ts';
export { DomainSnapshot, SnapshotDisk, SnapshotDisks, SnapshotDomain } from './schema/domain-snapshot.ts';
export { Blkiotune, Domain, Metadata, Perf, Pm, Resource } from './schema/domain.ts';
export { Features, HyperV, KvmFeatures, LxcCapabilities } from './schema/features.ts';
export { Filesystem, FilesystemDriver, VirtioFsBinary } from './schema/filesystem.ts';
export { Hostdev, HostdevScsiSource, HostdevUsbSource } from './schema/hostdev.ts';
export {
  BhyveCommandline,
  LxcNamespace,
  QemuCapabilities,
  QemuCommandline,
  QemuDeprecation,
  QemuOverride,
  XenCommandline,
} from './schema/hypervisor-namespaces.ts';
export { FilterRef, Interface, InterfaceDriver, Mac, Offloads, PortForward, SocketSource } from './schema/interface.ts';
export { MemoryDevice } from './schema/memory-device.ts';
export { HugePage, MaxMemory, Memnode, Memory, MemoryBacking, Memtune, NumaMemory, Numatune } from './schema/memory.ts';
export {
  ArpMatch,
  FilterRule,
  FrameMatch,
  NetworkFilter,
  PacketMatch,
  StpMatch,
  VlanMatch,
} from './schema/network-filter.ts';
export { Bandwidth, InterfaceIp, InterfaceRoute, Traffic, VirtualPort, Vlan } from './schema/network-port.ts';
export {
  Network,
  NetworkBridge,
  NetworkDhcp,
  NetworkDns,
  NetworkForward,
  NetworkIp,
  PortGroup,
} from './schema/network.ts';
export { Loader, Nvram, Os, OsType } from './schema/os.ts';
export { Rng, RngBackend } from './schema/rng.ts';
export { SecretDefinition, SecretUsage } from './schema/secret.ts';
export { Keywrap, LaunchSecurity, Seclabel } from './schema/security.ts';
export {
  Crypto,
  Hub,
  Input,
  Iommu,
  Lease,
  MemBalloon,
  NvramDevice,
  Panic,
  Pstore,
  RedirFilter,
  Shmem,
  Vsock,
  Watchdog,
} from './schema/small-devices.ts';
export { Audio, AudioStream, Sound } from './schema/sound.ts';
export { MountOptions, PoolAuth, PoolSource, PoolTarget, StoragePool } from './schema/storage-pool.ts';
export { StoragePermissions, StorageVolume, VolumeTarget } from './schema/storage-volume.ts';
export { Sysinfo } from './schema/sysinfo.ts';
export { Tpm, TpmBackend } from './schema/tpm.ts';
export { DefaultIoThread, IoThreadIds, Vcpu, Vcpus } from './schema/vcpu.ts';
export { GiB, KiB, MiB, toBytes } from './size.ts';
export { type Namespaces, type XNode } from './xml/node.ts';
