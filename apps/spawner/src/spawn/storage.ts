import { dirname } from 'node:path';
import type { Exec, Logger } from '@spawnkit/effects';
import {
  type DiskSource,
  type ImageBackend,
  type ImageCache,
  lvmBackend,
  openImageCache,
  qcow2Backend,
  type RbdBackend,
  rawBackend,
  rbdBackend,
  readRbdCluster,
} from '@spawnkit/image-backend';
import type { Host } from '../host.ts';
import { type CephClient, cephClientOf, type DiskSettings, lvmOptions, rbdOptions } from './storage-settings.ts';

/** Where images are cached, whatever the disks are. */
export interface ImageStorage {
  readonly cache: ImageCache;
  /** Plain copies, for kernels and ramdisks. */
  readonly files: ImageBackend;
  /** Who we are where images lie in Ceph. */
  readonly ceph: CephClient;
  readonly log: Logger;
}

/** Disks of instances; those outside of the instance path can be given another name. */
export type DiskBackend = ImageBackend<DiskSource> & Partial<Pick<RbdBackend, 'importFile' | 'rename'>>;

/** Where images are cached and disks are made. */
export interface Storage extends ImageStorage {
  /** Disks of instances, as the settings want them. With `importFile` config drives lie there, too. */
  readonly disks: DiskBackend;
}

/** Where and how the disks of an instance were made, which is not always what the settings of today say. */
export interface StoragePlace {
  readonly instancePath: string;
  /** Missing for instances of versions that had files only. */
  readonly storage?: DiskSettings | undefined;
  /** What older versions kept instead. */
  readonly imagesType?: DiskSettings['imagesType'] | undefined;
}

type ImageHost = Pick<Host, 'paths' | 'settings' | 'log'>;

interface Options {
  readonly place?: StoragePlace | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The image cache of the host below its instances path, or below the one of a place. Touches nothing yet. */
export function openImages(host: ImageHost, exec: Exec, place?: StoragePlace): ImageStorage {
  const { paths, settings, log } = host;
  const options = { instancesPath: instancesPathOf(paths, place), exec, log };
  return { cache: openImageCache(options), files: rawBackend(options), ceph: cephClientOf(settings), log };
}

/**
 * The storage of the host below its instances path, or below the one that an instance was made in; `exec` runs its
 * commands. Changes nothing yet; a cluster of Ceph is asked who it is. Throws {@link SpawnerError} `USAGE` for
 * settings that lack what that storage needs, and what `readRbdCluster` throws.
 */
export async function openStorage(host: Host, exec: Exec, { place, signal }: Options = {}): Promise<Storage> {
  const images = openImages(host, exec, place);
  return { ...images, disks: await openDisks(host, exec, images, { place, signal }) };
}

async function openDisks(host: Host, exec: Exec, { files }: ImageStorage, options: Options): Promise<DiskBackend> {
  const { paths, settings, log } = host;
  const { place, signal } = options;
  const common = { instancesPath: instancesPathOf(paths, place), exec, log };
  const wanted = diskSettingsAt(settings, place);
  if (wanted.imagesType === 'raw') return files;
  if (wanted.imagesType === 'qcow2') return qcow2Backend(common);
  if (wanted.imagesType === 'lvm') return lvmBackend({ ...common, ...lvmOptions(wanted) });
  const client = rbdOptions(wanted);
  return rbdBackend({ ...common, ...client, cluster: await readRbdCluster({ exec, ...client }, { signal }) });
}

/** How disks are made, or those of an instance were. */
export function diskSettingsAt(settings: DiskSettings, place: Omit<StoragePlace, 'instancePath'> = {}): DiskSettings {
  return place.storage ?? (place.imagesType ? { ...settings, imagesType: place.imagesType } : settings);
}

function instancesPathOf({ instances }: Host['paths'], place: StoragePlace | undefined): string {
  return place ? dirname(place.instancePath) : instances;
}
