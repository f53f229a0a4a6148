/** How the host's page cache is used for a disk: QEMU's cache modes. */
export type CacheMode = 'none' | 'writethrough' | 'writeback' | 'directsync' | 'unsafe' | 'default';

/** The options of nova.conf that decide how a volume is shown to a guest, under Nova's names. */
export interface VolumeConfig {
  /** `libvirt.virt_type`. */
  readonly virtType: string;
  /** `libvirt.disk_cachemodes`: kind of source → cache mode. */
  readonly diskCachemodes: Readonly<Partial<Record<'file' | 'block' | 'network' | 'mount', CacheMode>>>;
  /** `libvirt.rbd_user` and `libvirt.rbd_secret_uuid`: used where the connection info has no secret. */
  readonly rbdUser?: string | undefined;
  readonly rbdSecretUuid?: string | undefined;
  /** `libvirt.quobyte_mount_point_base`. */
  readonly quobyteMountPointBase: string;
}

/** Nova's defaults, with its usual state path. */
export const defaultVolumeConfig: VolumeConfig = {
  virtType: 'kvm',
  diskCachemodes: {},
  quobyteMountPointBase: '/var/lib/nova/mnt',
};
