import * as z from 'zod';
import { novaObject, openMap, parseInput } from './parse.ts';

/** What a volume service hands out for attaching. `data` belongs to the driver named and keeps its key names. */
export interface ConnectionInfo {
  /** `iscsi`, `rbd`, `local`, `nfs`, … */
  readonly driverVolumeType: string;
  readonly serial?: string | undefined;
  readonly volumeId?: string | undefined;
  readonly multiattach?: boolean | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What an entry of the block device info may say about its place in the guest. */
export interface BlockDevicePlacement {
  /** `virtio`, `scsi`, `ide`, `sata`, `usb`, `fdc`, … */
  readonly diskBus?: string | undefined;
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly deviceType?: string | undefined;
  /** 0 boots first; negative or missing means never. */
  readonly bootIndex?: number | undefined;
  readonly guestFormat?: string | undefined;
}

/** The local root disk, or an ephemeral one. */
export interface LocalDisk extends BlockDevicePlacement {
  readonly deviceName?: string | undefined;
  /** GiB. */
  readonly size?: number | undefined;
  readonly imageId?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly encryptionSecretUuid?: string | undefined;
  readonly encryptionFormat?: string | undefined;
  /** JSON text. */
  readonly encryptionOptions?: string | undefined;
}

export interface SwapDisk {
  readonly deviceName?: string | undefined;
  /** MiB. */
  readonly swapSize: number;
  readonly diskBus?: string | undefined;
  readonly deviceType?: string | undefined;
}

/** A volume. */
export interface VolumeMapping extends BlockDevicePlacement {
  readonly mountDevice?: string | undefined;
  readonly attachmentId?: string | undefined;
  readonly deleteOnTermination: boolean;
  readonly connectionInfo?: ConnectionInfo | undefined;
}

/** What a request says about block devices. */
export interface BlockDeviceInfo {
  readonly rootDeviceName?: string | undefined;
  /** At most one entry: the local root disk made from the image. */
  readonly image: readonly LocalDisk[];
  readonly ephemerals: readonly LocalDisk[];
  readonly swap?: SwapDisk | undefined;
  readonly blockDeviceMapping: readonly VolumeMapping[];
}

const placement = {
  diskBus: z.string().optional(),
  deviceType: z.string().optional(),
  bootIndex: z.number().int().optional(),
  guestFormat: z.string().optional(),
};
const localDisk = novaObject({
  ...placement,
  deviceName: z.string().optional(),
  size: z.number().int().nonnegative().optional(),
  imageId: z.string().optional(),
  encrypted: z.boolean().optional(),
  encryptionSecretUuid: z.string().optional(),
  encryptionFormat: z.string().optional(),
  encryptionOptions: z.string().optional(),
});
const swapDisk = novaObject({
  deviceName: z.string().optional(),
  swapSize: z.number().int().nonnegative(),
  diskBus: z.string().optional(),
  deviceType: z.string().optional(),
});
const connectionInfo = novaObject({
  driverVolumeType: z.string(),
  serial: z.string().optional(),
  volumeId: z.string().optional(),
  multiattach: z.boolean().optional(),
  data: openMap.default({}),
});
const volumeMapping = novaObject({
  ...placement,
  mountDevice: z.string().optional(),
  attachmentId: z.string().optional(),
  deleteOnTermination: z.boolean().default(false),
  connectionInfo: connectionInfo.optional(),
});

export const blockDeviceInfoSchema = novaObject({
  rootDeviceName: z.string().optional(),
  image: z.array(localDisk).default([]),
  ephemerals: z.array(localDisk).default([]),
  swap: swapDisk.optional(),
  blockDeviceMapping: z.array(volumeMapping).default([]),
});

/** A request without block device info says just this. */
export const noBlockDevices: BlockDeviceInfo = { image: [], ephemerals: [], blockDeviceMapping: [] };

/** Reads block device info, under Nova's field names or ours; null is {@link noBlockDevices}. Throws {@link InstanceError}. */
export function parseBlockDeviceInfo(input: unknown): BlockDeviceInfo {
  return parseInput<BlockDeviceInfo>('The block device info', blockDeviceInfoSchema, input ?? {});
}
