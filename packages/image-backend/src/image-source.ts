import type { Secret } from '@spawnkit/effects';
import type { Checksum } from './checksum.ts';

/** A file of this host. */
export interface FileSource {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
  readonly checksum?: Checksum;
}

/** Something a web server has, by GET. */
export interface HttpSource {
  readonly type: 'http';
  /** http or https. A user name and password in it are sent as basic authentication and shown nowhere. */
  readonly url: string;
  readonly checksum?: Checksum;
  /** Sent to the origin of `url` only, not to where it redirects. */
  readonly headers?: Readonly<Record<string, string | Secret>>;
}

/** An image of OpenStack's image service (API v2). Its hash and its format are asked there. */
export interface GlanceSource {
  readonly type: 'glance';
  /** Of the service, with or without `/v2`: `http://127.0.0.1:9292`. */
  readonly endpoint: string;
  /** Also the image's id in the cache, as in Nova. */
  readonly imageId: string;
  /** Sent as X-Auth-Token. Missing for a service without identity service. */
  readonly token?: string | Secret | undefined;
  /** Checked besides the hash that the service tells. */
  readonly checksum?: Checksum;
}

/** An image of a Ceph cluster, exported by the `rbd` program. Backends in the same cluster rather clone it. */
export interface RbdSource {
  readonly type: 'rbd';
  /** As Glance writes it: `rbd://fsid/pool/image/snapshot`; also the image's id in the cache. The `fsid` is not checked. */
  readonly location: string;
  readonly rbdUser?: string | undefined;
  readonly imagesRbdCephConf?: string | undefined;
  readonly checksum?: Checksum;
}

/** Where an image comes from. */
export type ImageSource = FileSource | HttpSource | GlanceSource | RbdSource;
