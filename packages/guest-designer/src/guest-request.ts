import type { DiskMapping } from '@spawnkit/blockinfo';
import type { BlockDeviceInfo, ImageMeta, Instance, Vif } from '@spawnkit/instance';
import type { DesignerConfig } from './config.ts';
import type { DiskSource } from './disk-source.ts';
import type { HostFacts } from './host-facts.ts';

/** What {@link designGuest} decides upon. */
export interface GuestRequest {
  readonly instance: Instance;
  readonly imageMeta: Pick<ImageMeta, 'name' | 'properties'>;
  /** Name of the domain; Nova's is `instance-` and the id as eight hexadecimal digits. */
  readonly domainName: string;
  /** Which disk sits where: `getDiskInfo` of `@spawnkit/blockinfo`. */
  readonly diskMapping: DiskMapping;
  /** With names, buses and types filled in, as `getDiskInfo` answers it. */
  readonly blockDeviceInfo: BlockDeviceInfo;
  /** Name in the disk mapping (`disk`, `disk.config`, `/dev/vdb`, …; not `root`) → where its bytes are. */
  readonly disks: ReadonlyMap<string, DiskSource>;
  readonly networkInfo: readonly Vif[];
  /** Id of a VIF → the network filter of libvirt's that its traffic goes through. */
  readonly networkFilters?: ReadonlyMap<string, string> | undefined;
  readonly host: HostFacts;
  readonly config: DesignerConfig;
  /** When the domain is made, for its metadata. */
  readonly createdAt: Date;
  /** Where the serial console is written to. */
  readonly consoleLogPath: string;
  /** Boots this kernel instead of the disk's boot loader; the rescue image's when rescuing. */
  readonly kernelPath?: string | undefined;
  readonly ramdiskPath?: string | undefined;
  /** The instance is booted to be repaired; its disk mapping has a `disk.rescue`. */
  readonly rescue?: boolean | undefined;
  /** Directory that a container has as its root. */
  readonly rootfsPath?: string | undefined;
  /** TCP ports reserved for serial consoles, the first ones are used; needed when `serialConsole` is enabled. */
  readonly serialPorts?: readonly number[] | undefined;
  /** UUIDs of mediated devices. */
  readonly mediatedDevices?: readonly string[] | undefined;
  /** Accelerators bound for the instance. */
  readonly accelerators?: readonly Accelerator[] | undefined;
}

/** One accelerator of Cyborg's; the numbers of its PCI function are hexadecimal, with or without `0x`. */
export interface Accelerator {
  readonly attachHandleType: string;
  readonly attachHandleInfo: {
    readonly domain: string;
    readonly bus: string;
    readonly device: string;
    readonly function: string;
  };
}
