import type { ImageProperties } from '@spawnkit/instance';

/** The options of nova.conf that decide about disks. */
export interface BlockinfoConfig {
  /** `config_drive_format`. */
  readonly configDriveFormat: 'iso9660' | 'vfat';
  /** `force_config_drive`. */
  readonly forceConfigDrive: boolean;
  /** `libvirt.disk_prefix`: one prefix for the device names of every bus. */
  readonly diskPrefix?: string | undefined;
  /** `compute.max_disk_devices_to_attach`: device names per bus, IDE always has 4; negative means no limit. */
  readonly maxDiskDevicesToAttach: number;
  /** `libvirt.hw_machine_type`: architecture → default machine type. */
  readonly hwMachineType: Readonly<Record<string, string>>;
}

/** Nova's defaults. */
export const defaultBlockinfoConfig: BlockinfoConfig = {
  configDriveFormat: 'iso9660',
  forceConfigDrive: false,
  maxDiskDevicesToAttach: -1,
  hwMachineType: {},
};

/** What every decision about a bus or device name looks at. */
export interface DiskPolicy {
  /** `kvm`, `qemu`, `lxc`, `parallels`. */
  readonly virtType: string;
  /** Wishes of the image. */
  readonly image: ImageProperties;
  /** Architecture of the host, used when the image names none. */
  readonly hostArch: string;
  readonly config: BlockinfoConfig;
}

/** What a config drive is to the guest: a `cdrom`, or a `disk` when it is formatted as vfat. */
export function getConfigDriveType(config: Pick<BlockinfoConfig, 'configDriveFormat'>): 'cdrom' | 'disk' {
  return config.configDriveFormat === 'vfat' ? 'disk' : 'cdrom';
}
