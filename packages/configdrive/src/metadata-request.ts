import type { Secret } from '@spawnkit/effects';
import type { Instance, Vif } from '@spawnkit/instance';
import type { DeviceMetadata } from './device-metadata.ts';
import type { GuestLinks } from './guest-links.ts';
import type { Json } from './json-text.ts';
import type { VendorData } from './vendor-data.ts';

/** A public key by its record. */
export interface Keypair {
  readonly name: string;
  /** `ssh` or `x509`; default `ssh`. */
  readonly type?: string | undefined;
  readonly publicKey: string;
}

/** A file (Nova's "personality") that the guest's agent shall put at `path`. */
export interface InjectedFile {
  /** Absolute path inside the guest; on the drive it is only named, never used as a path. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** What EC2 metadata says about block devices, one record of Nova's block device mapping. */
export interface MappedDevice {
  readonly deviceName?: string | null | undefined;
  /** `volume` or `local`. */
  readonly destinationType?: string | null | undefined;
  /** `image`, `volume`, `snapshot`, `blank`. */
  readonly sourceType?: string | null | undefined;
  /** `swap`, a file system, or nothing. */
  readonly guestFormat?: string | null | undefined;
}

export interface Ec2Ids {
  /** Default `i-%08x` of the instance's number, as Nova's default ids look. */
  readonly instanceId?: string | undefined;
  readonly amiId?: string | null | undefined;
  readonly kernelId?: string | null | undefined;
  readonly ramdiskId?: string | null | undefined;
}

/** Everything a config drive tells its guest. */
export interface MetadataRequest {
  readonly instance: Instance;
  readonly networkInfo: readonly Vif[];
  /** Only the first is ever used, as in Nova. */
  readonly keypairs?: readonly Keypair[] | undefined;
  /** Name and key in the EC2 tree; default: the first key pair. Null shows no key there. */
  readonly ec2Key?: { readonly name: string; readonly publicKey: string | null } | null | undefined;
  /** Raw, not base64; an empty value still makes a file. */
  readonly userData?: Uint8Array | string | undefined;
  readonly files?: readonly InjectedFile[] | undefined;
  /** `admin_pass` of the OpenStack metadata; revealed only while the content of a file is read. */
  readonly adminPassword?: Secret | undefined;
  readonly vendorData?: VendorData | undefined;
  readonly deviceMetadata?: readonly DeviceMetadata[] | undefined;
  /** Further keys of `meta_data.json`, which replace earlier ones (`uuid`, `meta`, `files`) and yield to later ones. */
  readonly extraMetadata?: Readonly<Record<string, Json>> | undefined;
  /** Default: the instance's hostname, else `Server-<uuid>`, as Nova names them. */
  readonly hostname?: string | undefined;
  /** Appended to the hostname after a dot; empty appends nothing. Default `novalocal`. */
  readonly dhcpDomain?: string | undefined;
  readonly availabilityZone?: string | null | undefined;
  /** Default 0. */
  readonly launchIndex?: number | undefined;
  readonly reservationId?: string | null | undefined;
  /** Names; default `default`. */
  readonly securityGroups?: readonly string[] | undefined;
  readonly ec2Ids?: Ec2Ids | undefined;
  readonly blockDevices?: readonly MappedDevice[] | undefined;
  readonly defaultEphemeralDevice?: string | null | undefined;
  readonly defaultSwapDevice?: string | null | undefined;
  /** EC2 versions left out (`config_drive_skip_versions`); default all but 2009-04-04 and latest. */
  readonly skipVersions?: readonly string[] | undefined;
  /** A VIF without subnets is described as IPv4 DHCP; see {@link NetworkDataOptions}. */
  readonly dhcpWithoutSubnets?: boolean | undefined;
  /** Bonds and VLANs that the guest makes of its VIFs; in `network_data.json` and NoCloud's `network-config`. */
  readonly links?: GuestLinks | undefined;
  /** Random bytes, asked for 512 per `meta_data.json`. */
  readonly randomSeed: (bytes: number) => Uint8Array;
  readonly limits?: MetadataLimits | undefined;
}

/** Bounds that a request must keep, checked before anything is laid out. */
export interface MetadataLimits {
  /** Bytes; default 1 MiB. The layout holds about twelve copies of it. */
  readonly userDataBytes?: number;
  /** Injected files; default 1000. */
  readonly injectedFiles?: number;
  /** Bytes of all injected files; default 32 MiB. */
  readonly injectedBytes?: number;
}
