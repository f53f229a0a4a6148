import { getEphDisk, type InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { DiskSource as GuestDiskSource } from '@spawnkit/guest-designer';
import { cloneOrCreate, type CreateDiskRequest, type DiskSource } from '@spawnkit/image-backend';
import type { RequestImages } from './images.ts';
import type { SpawnRequest } from '../request/request.ts';
import type { Storage } from './storage.ts';

/** Where the guest finds what was made for it. */
export interface InstanceSources {
  /** Name in the disk mapping → bytes. */
  readonly disks: ReadonlyMap<string, GuestDiskSource>;
  readonly kernelPath?: string | undefined;
  readonly ramdiskPath?: string | undefined;
}

export interface DisksRequest {
  readonly request: SpawnRequest;
  readonly images: RequestImages;
  readonly disks: InstanceDiskInfo;
  readonly signal?: AbortSignal | undefined;
}

/** Disks that are being made. Leaving its scope (`await using`) stops that, and waits until nobody writes any more. */
export interface DisksInTheMaking extends AsyncDisposable {
  /** Resolves when all are there, complete; rejects with the first error, or the signal's reason. */
  readonly made: Promise<void>;
}

/**
 * Disks that lie outside of the instance path and are not there yet: whoever removes the instance has to remove them,
 * too.
 */
export async function disksToClaim(
  { disks: backend }: Pick<Storage, 'disks'>,
  { instance }: SpawnRequest,
  { mapping }: InstanceDiskInfo,
): Promise<readonly string[]> {
  if (backend.capabilities.inInstancePath) return [];
  const takesDrive = backend.importFile !== undefined;
  const names = [...mapping.keys()].filter((name) => isDiskName(name) && (takesDrive || !isDrive(name)));
  const exist = await Promise.all(names.map((name) => backend.exists({ instanceId: instance.uuid, name })));
  return names.filter((_, index) => !exist[index]);
}

/** Begins to make the local disks of an instance, all at once: kernel, ramdisk, root, ephemerals, swap. */
export function makeDisks(storage: Storage, wanted: DisksRequest): DisksInTheMaking {
  const stopping = new AbortController();
  const signal = wanted.signal ? AbortSignal.any([wanted.signal, stopping.signal]) : stopping.signal;
  const making = makersOf(storage, { ...wanted, signal }).map((make) => make());
  const made = Promise.all(making).then(() => {});
  // Whoever leaves before it asks has an error of its own.
  made.catch(() => {});
  return {
    made,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.allSettled(making);
    },
  };
}

function makersOf(storage: Storage, { request, images, disks, signal }: DisksRequest): (() => Promise<unknown>)[] {
  const { instance, rootDiskBytes, blockDeviceInfo } = request;
  const { mapping } = disks;
  const { osType, ephemeralGb } = instance;
  const disk = (name: string) => ({ instanceId: instance.uuid, name });
  const copies = (['kernel', 'ramdisk'] as const).flatMap((name) => {
    const base = images[name];
    return base ? [() => storage.files.create({ disk: disk(name), base, sizeBytes: null, signal })] : [];
  });
  const ephemeral = (name: string, index: number, gb: number, format?: string) => () =>
    storage.disks.createEphemeral({ disk: disk(name), gb, label: `ephemeral${index}`, osType, format, signal });
  const mb = mapping.has('disk.swap') ? swapMb(request) : 0;
  return [
    ...copies,
    ...(mapping.has('disk')
      ? [() => makeRootDisk(storage, images, { disk: disk('disk'), sizeBytes: rootDiskBytes ?? null, signal })]
      : []),
    ...(mapping.has('disk.local') ? [ephemeral('disk.local', 0, ephemeralGb)] : []),
    ...blockDeviceInfo.ephemerals.map((one, index) =>
      ephemeral(getEphDisk(index), index, one.size ?? 0, one.guestFormat),
    ),
    ...(mb > 0 ? [() => storage.disks.createSwap({ disk: disk('disk.swap'), mb, signal })] : []),
  ];
}

/** A disk of an image, cloned where its storage has that too; without image it is empty. */
export function makeRootDisk(
  { disks: backend, cache, log }: Storage,
  { image: base, clonable }: Pick<RequestImages, 'image' | 'clonable'>,
  request: Pick<CreateDiskRequest, 'disk' | 'sizeBytes' | 'signal'>,
): Promise<DiskSource> {
  if (clonable) return cloneOrCreate({ backend, cache, log }, { ...request, ...clonable });
  return backend.create({ ...request, ...(base && { base }) });
}

/** Where the disks of an instance are or will be; looks at nothing. */
export function sourcesOf(
  { disks: backend, files }: Pick<Storage, 'disks' | 'files'>,
  { instance, kernel }: SpawnRequest,
  { mapping }: InstanceDiskInfo,
  volumes: ReadonlyMap<string, GuestDiskSource> = new Map(),
): InstanceSources {
  const disk = (name: string) => ({ instanceId: instance.uuid, name });
  const names = [...mapping.keys()].filter(isDiskName);
  // The config drive is a plain file wherever the disks are, unless their storage takes it.
  const placeOf = (name: string) => (isDrive(name) && !backend.importFile ? files : backend);
  const sources = names.map((name) => [name, placeOf(name).source(disk(name))] as const);
  const path = (name: string) => files.source(disk(name)).path;
  return {
    disks: new Map<string, GuestDiskSource>([...sources, ...volumes]),
    kernelPath: kernel && path('kernel'),
    ramdiskPath: kernel?.ramdisk && path('ramdisk'),
  };
}

/** Volumes are named by their place in the guest: `/dev/vdb`. */
function isDiskName(name: string): boolean {
  return name === 'disk' || name.startsWith('disk.');
}

function isDrive(name: string): boolean {
  return name.startsWith('disk.config');
}

/** The one that the block device info asks for, else the flavor's. */
function swapMb({ blockDeviceInfo, instance }: SpawnRequest): number {
  const asked = blockDeviceInfo.swap?.swapSize ?? 0;
  return asked > 0 ? asked : instance.flavor.swap;
}
