import * as z from 'zod';

/** What connecting volumes needs to know of the host, under nova.conf's names where Nova has the option. */
export interface VolumeSettings {
  /** User of Ceph, and the libvirt secret with its key, for volumes whose connection info has none. */
  readonly rbdUser?: string | undefined;
  readonly rbdSecretUuid?: string | undefined;
  /** Directories of mount points; default: `<statePath>/mnt`. */
  readonly nfsMountPointBase?: string | undefined;
  readonly nfsMountOptions?: string | undefined;
  readonly smbfsMountPointBase?: string | undefined;
  readonly smbfsMountOptions?: string | undefined;
  readonly quobyteMountPointBase?: string | undefined;
  readonly quobyteClientCfg?: string | undefined;
  readonly vzstorageMountPointBase?: string | undefined;
  /** Logs in by all paths of a target, and gives the guest the device above them. */
  readonly volumeUseMultipath?: boolean | undefined;
  /** How often, once a second, a device is looked for before it counts as missing. */
  readonly numVolumeScanTries?: number | undefined;
  /** Key manager with Barbican's API; the token is `OS_TOKEN` of the environment. */
  readonly barbicanEndpoint?: string | undefined;
  /** Directory of passphrases, one file of mode 0600 per key id, where there is no key manager. */
  readonly keysPath?: string | undefined;
}

const directory = z.string().startsWith('/').optional();

/** In the configuration file, beside `rbdUser` and `rbdSecretUuid`, which disks of instances need as well. */
export const volumeSettingsShape = {
  nfsMountPointBase: directory,
  nfsMountOptions: z.string().optional(),
  smbfsMountPointBase: directory,
  smbfsMountOptions: z.string().optional(),
  quobyteMountPointBase: directory,
  quobyteClientCfg: directory,
  vzstorageMountPointBase: directory,
  volumeUseMultipath: z.boolean().optional(),
  numVolumeScanTries: z.number().int().min(1).optional(),
  barbicanEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  keysPath: directory,
};

/** The part of the settings that volumes look at. */
export function volumeSettingsOf(settings: VolumeSettings): VolumeSettings {
  const names = ['rbdUser', 'rbdSecretUuid', ...Object.keys(volumeSettingsShape)] as (keyof VolumeSettings)[];
  const given = names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]]));
  return Object.fromEntries(given) as VolumeSettings;
}
