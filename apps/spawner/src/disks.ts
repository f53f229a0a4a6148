import { getEphDisk, type InstanceDiskInfo } from '@spawnkit/blockinfo';
import type { DiskSource } from '@spawnkit/image-backend';
import type { RequestImages } from './images.ts';
import type { SpawnRequest } from './request.ts';
import type { Storage } from './storage.ts';

/** Where the guest finds what was made for it. */
export interface InstanceSources {
  /** Name in the disk mapping → bytes. */
  readonly disks: ReadonlyMap<string, DiskSource>;
  readonly kernelPath?: string | undefined;
  readonly ramdiskPath?: string | undefined;
}

export interface DisksRequest {
  readonly request: SpawnRequest;
  readonly images: RequestImages;
  readonly disks: InstanceDiskInfo;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the local disks of an instance, in Nova's order: kernel, ramdisk, root, ephemerals, swap. */
export async function createDisks(storage: Storage, wanted: DisksRequest): Promise<InstanceSources> {
  const { request, images, disks, signal } = wanted;
  const { instance, rootDiskBytes, blockDeviceInfo } = request;
  const disk = (name: string) => ({ instanceId: instance.uuid, name });
  for (const name of ['kernel', 'ramdisk'] as const) {
    const base = images[name];
    if (base) await storage.files.create({ disk: disk(name), base, sizeBytes: null, signal });
  }
  const { image: base } = images;
  if (disks.mapping.has('disk')) {
    await storage.disks.create({
      disk: disk('disk'),
      ...(base ? { base } : {}),
      sizeBytes: rootDiskBytes ?? null,
      signal,
    });
  }
  const { osType } = instance;
  if (disks.mapping.has('disk.local')) {
    const { ephemeralGb: gb } = instance;
    await storage.disks.createEphemeral({ disk: disk('disk.local'), gb, label: 'ephemeral0', osType, signal });
  }
  for (const [index, ephemeral] of blockDeviceInfo.ephemerals.entries()) {
    const { size: gb = 0, guestFormat: format } = ephemeral;
    const label = `ephemeral${index}`;
    await storage.disks.createEphemeral({ disk: disk(getEphDisk(index)), gb, label, osType, format, signal });
  }
  const swap = disks.mapping.has('disk.swap') ? swapMb(request) : 0;
  if (swap > 0) await storage.disks.createSwap({ disk: disk('disk.swap'), mb: swap, signal });
  return sourcesOf(storage, request, disks);
}

/** Where the disks of an instance are or will be; looks at nothing. */
export function sourcesOf(
  { disks: backend, files }: Pick<Storage, 'disks' | 'files'>,
  { instance, kernel }: SpawnRequest,
  { mapping }: InstanceDiskInfo,
): InstanceSources {
  const disk = (name: string) => ({ instanceId: instance.uuid, name });
  const names = [...mapping.keys()].filter((name) => name === 'disk' || name.startsWith('disk.'));
  // The config drive is a plain file whatever the disks are.
  const sources = names.map((name) => [name, (name === 'disk.config' ? files : backend).source(disk(name))] as const);
  const path = (name: string) => files.source(disk(name)).path;
  return {
    disks: new Map(sources),
    kernelPath: kernel && path('kernel'),
    ramdiskPath: kernel?.ramdisk && path('ramdisk'),
  };
}

/** The one that the block device info asks for, else the flavor's. */
function swapMb({ blockDeviceInfo, instance }: SpawnRequest): number {
  const asked = blockDeviceInfo.swap?.swapSize ?? 0;
  return asked > 0 ? asked : instance.flavor.swap;
}
