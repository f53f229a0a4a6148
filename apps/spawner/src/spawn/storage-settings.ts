import type { LvmBackendOptions, RbdBackendOptions, RbdSource } from '@spawnkit/image-backend';
import * as z from 'zod';
import { SpawnerError } from '../errors.ts';

/** Where the disks of instances are, and what that storage needs, under nova.conf's names. */
export interface DiskSettings {
  readonly imagesType: 'qcow2' | 'raw' | 'lvm' | 'rbd';
  /** Of `lvm`, which needs it. */
  readonly imagesVolumeGroup?: string | undefined;
  /** Volumes take room as they are written. Default false. */
  readonly sparseLogicalVolumes?: boolean | undefined;
  /** What happens to the bytes of a volume that is removed. Default `zero`. */
  readonly volumeClear?: 'none' | 'zero' | 'shred' | undefined;
  /** How much of it, in MiB from its beginning; 0, the default, is all. */
  readonly volumeClearSizeMib?: number | undefined;
  /** Of `rbd`. Default `rbd`. */
  readonly imagesRbdPool?: string | undefined;
  /** Default: where Ceph looks by itself. */
  readonly imagesRbdCephConf?: string | undefined;
  /** Without `client.`; disks need `rbdSecretUuid` with it. Default: Ceph's own, `admin`. */
  readonly rbdUser?: string | undefined;
  /** The libvirt secret with the user's key, which the operator made. */
  readonly rbdSecretUuid?: string | undefined;
}

/** What Ceph's programs take for one name. */
const cephName = z.string().regex(/^[A-Za-z0-9._~][A-Za-z0-9._~-]{0,127}$/, 'expected a name such as "vms"');
const groupName = z.string().regex(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}$/, 'expected the name of a volume group');

/** In the configuration file. */
export const diskSettingsShape = {
  imagesType: z.enum(['qcow2', 'raw', 'lvm', 'rbd']).optional(),
  imagesVolumeGroup: groupName.optional(),
  sparseLogicalVolumes: z.boolean().optional(),
  volumeClear: z.enum(['none', 'zero', 'shred']).optional(),
  volumeClearSizeMib: z.number().int().nonnegative().optional(),
  imagesRbdPool: cephName.optional(),
  imagesRbdCephConf: z.string().startsWith('/').optional(),
  rbdUser: cephName.optional(),
  rbdSecretUuid: z.uuid().toLowerCase().optional(),
};

type SettingsFile = { readonly [Key in keyof DiskSettings]?: DiskSettings[Key] | undefined };

/** The part of the settings that disks look at. Throws {@link SpawnerError} `USAGE` where their storage lacks something. */
export function diskSettingsOf({ imagesType = 'qcow2', ...file }: SettingsFile): DiskSettings {
  const names = Object.keys(diskSettingsShape) as (keyof DiskSettings)[];
  const given = Object.entries({ imagesType, ...file }).filter(
    ([name, value]) => names.includes(name as keyof DiskSettings) && value !== undefined,
  );
  const settings = Object.fromEntries(given) as unknown as DiskSettings; // of these keys only
  if (imagesType === 'lvm') lvmOptions(settings);
  if (imagesType === 'rbd') rbdOptions(settings);
  return settings;
}

/** What finds the disks of an instance again, whatever the settings say later; it is kept with the instance. */
export function keptDiskSettings(settings: DiskSettings): DiskSettings {
  const { imagesType } = settings;
  if (imagesType === 'lvm') {
    const { imagesVolumeGroup, sparseLogicalVolumes, volumeClear, volumeClearSizeMib } = settings;
    return { imagesType, imagesVolumeGroup, sparseLogicalVolumes, volumeClear, volumeClearSizeMib };
  }
  if (imagesType === 'rbd') {
    const { imagesRbdPool, imagesRbdCephConf, rbdUser, rbdSecretUuid } = settings;
    return { imagesType, imagesRbdPool, imagesRbdCephConf, rbdUser, rbdSecretUuid };
  }
  return { imagesType };
}

export type CephClient = Pick<RbdSource, 'rbdUser' | 'imagesRbdCephConf'>;

/** Who we are in Ceph, also for images that lie there while disks do not. */
export function cephClientOf({ rbdUser, imagesRbdCephConf }: Omit<DiskSettings, 'imagesType'>): CephClient {
  return { rbdUser, imagesRbdCephConf };
}

/** Throws {@link SpawnerError} `USAGE` where no volume group is named. */
export function lvmOptions(
  settings: DiskSettings,
): Pick<LvmBackendOptions, 'imagesVolumeGroup' | 'sparseLogicalVolumes' | 'volumeClear' | 'volumeClearSizeMiB'> {
  const { imagesVolumeGroup, sparseLogicalVolumes = false, volumeClear = 'zero', volumeClearSizeMib = 0 } = settings;
  if (imagesVolumeGroup === undefined) throw lacking('lvm', 'imagesVolumeGroup', 'the volume group of the disks');
  return { imagesVolumeGroup, sparseLogicalVolumes, volumeClear, volumeClearSizeMiB: volumeClearSizeMib };
}

/** With Nova's defaults. Throws {@link SpawnerError} `USAGE` for a user without the secret that guests need. */
export function rbdOptions(
  settings: DiskSettings,
): Pick<RbdBackendOptions, 'imagesRbdPool' | 'imagesRbdCephConf' | 'rbdUser' | 'rbdSecretUuid'> {
  const { imagesRbdPool = 'rbd', imagesRbdCephConf, rbdUser, rbdSecretUuid } = settings;
  if (rbdUser !== undefined && rbdSecretUuid === undefined) {
    throw lacking('rbd', 'rbdSecretUuid', `the libvirt secret with the key of "${rbdUser}", which guests need`);
  }
  return { imagesRbdPool, imagesRbdCephConf, rbdUser, rbdSecretUuid };
}

function lacking(imagesType: string, key: string, what: string): SpawnerError {
  return new SpawnerError('USAGE', `The configuration has \`imagesType: ${imagesType}\` and no \`${key}\`: ${what}`, {
    fix: `Add \`${key}\` to the configuration file.`,
    context: { imagesType, key },
  });
}
