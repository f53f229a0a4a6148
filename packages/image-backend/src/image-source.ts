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

/** Where an image comes from. */
export type ImageSource = FileSource | HttpSource;
