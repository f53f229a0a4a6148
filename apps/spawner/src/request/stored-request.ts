import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImage } from '@spawnkit/image-backend';
import { parseBlockDeviceInfo, parseImageMeta, parseInstance, parseNetworkInfo } from '@spawnkit/instance';
import { SpawnerError } from '../errors.ts';
import { shownSource } from '../spawn/images.ts';
import { toJson } from '../output/json.ts';
import { keepVolumeSecrets, publicDevices, withVolumeSecrets } from '../volumes/volume-secrets.ts';
import type { SpawnRequest } from './request.ts';

const NAME = 'request.json';
const VERSION = 1;

/** How it lies in the file: byte counts are text, the rest is as in the request. */
interface Stored extends Omit<SpawnRequest, 'rootDiskBytes'> {
  readonly version: number;
  readonly rootDiskBytes?: string;
}

/**
 * Keeps what an instance was asked to be beside its disks, readable for its owner only, so that it can be rescued,
 * rebuilt and compared later. It goes with the instance path. What is secret about volumes lies in a file of its own.
 */
export async function writeStoredRequest(instancePath: string, request: SpawnRequest): Promise<void> {
  await keepVolumeSecrets(instancePath, request.blockDeviceInfo);
  const { rootDiskBytes, ...rest } = request;
  const stored: Stored = {
    version: VERSION,
    ...rest,
    blockDeviceInfo: publicDevices(request.blockDeviceInfo),
    ...(rootDiskBytes === undefined ? {} : { rootDiskBytes: `${rootDiskBytes}` }),
  };
  const draft = join(instancePath, `.${NAME}.draft`);
  await writeFile(draft, `${toJson(stored, 2)}\n`, { mode: 0o600 });
  await rename(draft, join(instancePath, NAME));
}

/**
 * The request with the format that its image was found to have: it decides about disks, and the image may be gone
 * later.
 */
export function withFoundFormat(request: SpawnRequest, image: Pick<BaseImage, 'inspection'> | undefined): SpawnRequest {
  const diskFormat = request.imageMeta.diskFormat ?? image?.inspection?.format;
  return { ...request, imageMeta: { ...request.imageMeta, diskFormat } };
}

/**
 * What {@link writeStoredRequest} kept. Throws {@link SpawnerError} `NOT_FOUND` where nothing was kept,
 * `HOST_NOT_READY` for a file that is not one of ours.
 */
export async function readStoredRequest(instancePath: string): Promise<SpawnRequest> {
  const path = join(instancePath, NAME);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' ? notKept(path, cause) : cause;
  });
  try {
    const request = requestOf(JSON.parse(text) as Stored);
    return { ...request, blockDeviceInfo: await withVolumeSecrets(instancePath, request.blockDeviceInfo) };
  } catch (cause) {
    throw new SpawnerError('HOST_NOT_READY', `The stored request "${path}" cannot be read: ${textOf(cause)}`, {
      cause,
      fix: 'Was it changed by hand? Deleting the instance works without it.',
      context: { path },
    });
  }
}

/** As {@link readStoredRequest}; undefined where nothing was kept. */
export async function findStoredRequest(instancePath: string): Promise<SpawnRequest | undefined> {
  return readStoredRequest(instancePath).catch((error: unknown) => {
    if (error instanceof SpawnerError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
}

/**
 * What an instance is now as people see it, which a resize or a rebuild may have changed; undefined where nothing was
 * kept.
 */
export async function storedFacts(instancePath: string): Promise<StoredFacts | undefined> {
  try {
    // Not checked as a whole: a list asks for many.
    const { instance, image } = JSON.parse(await readFile(join(instancePath, NAME), 'utf8')) as Stored;
    return { vcpus: instance.vcpus, memoryMib: instance.memoryMb, image: image ? shownSource(image) : null };
  } catch {
    // Whoever works with it is told what is wrong with it.
    return undefined;
  }
}

export interface StoredFacts {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly image: string | null;
}

/** Names of the disks that were made for an instance since it was; none where nothing was kept. */
export async function storedAttachments(instancePath: string): Promise<readonly string[]> {
  const stored = await findStoredRequest(instancePath).catch(() => undefined);
  return (stored?.attached ?? []).flatMap(({ file }) => file ?? []);
}

function requestOf({ version, rootDiskBytes, ...stored }: Stored): SpawnRequest {
  if (version !== VERSION) throw new Error(`it is of version ${version}, and known here is ${VERSION}`);
  return {
    ...stored,
    instance: parseInstance(stored.instance),
    imageMeta: parseImageMeta(stored.imageMeta),
    networkInfo: parseNetworkInfo(stored.networkInfo),
    blockDeviceInfo: parseBlockDeviceInfo(stored.blockDeviceInfo),
    ...(rootDiskBytes === undefined ? {} : { rootDiskBytes: BigInt(rootDiskBytes) }),
  };
}

function notKept(path: string, cause: unknown): SpawnerError {
  return new SpawnerError('NOT_FOUND', `There is no stored request "${path}": an older version made this instance`, {
    cause,
    fix: 'Delete the instance and launch it again; then it can be rescued, rebuilt and compared.',
    context: { path },
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
