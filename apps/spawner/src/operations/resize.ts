import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Flavor } from '@spawnkit/instance';
import { act } from '../spawn/acts.ts';
import { refuseAttached } from '../request/attached.ts';
import { designInstance, mapInstanceDisks } from '../spawn/design.ts';
import { sourcesOf } from '../spawn/disks.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { readHostFacts } from '../host-facts.ts';
import { asideName, putAside } from '../instance/instance-files.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { isRescued } from '../instance/is-rescued.ts';
import { operate, type Operation } from './operations.ts';
import { partsOf } from '../spawn/parts.ts';
import { halt, launch } from './power.ts';
import { connectedVolumes } from '../volumes/connected-volumes.ts';
import { bootsFromVolume } from '../volumes/wanted-volumes.ts';
import { redefine } from './redefine.ts';
import { refuseContainer } from '../instance/refuse-container.ts';
import type { SpawnRequest } from '../request/request.ts';
import { readStoredRequest, writeStoredRequest } from '../request/stored-request.ts';

const MiB = 1n << 20n;
const GiB = 1n << 30n;
const replaced = ['request.json', 'libvirt.xml'];

export interface ResizeOptions {
  readonly vcpus?: number | undefined;
  readonly memoryBytes?: bigint | undefined;
  /** Of the root disk; it only grows. */
  readonly diskBytes?: bigint | undefined;
  /** How long a running guest may take to switch itself off before it is ended. */
  readonly timeoutMs: number;
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives an instance other processors, memory, or a larger root disk. One that runs is stopped for it, and runs again.
 * The disk grows last: if the guest does not start then, all else is as before. Throws {@link SpawnerError} `USAGE`,
 * `EXISTS` for a rescued instance or one with attached devices, what `operate` and `ImageBackend.resize` throw.
 */
export async function resizeInstance(host: Host, instance: KnownInstance, options: ResizeOptions): Promise<void> {
  const { signal } = options;
  const leftovers = replaced.map(asideName);
  await operate(host, instance, { operation: 'resize', leftovers, signal }, async (operation) => {
    const before = await readStoredRequest(instance.instancePath);
    await refuseUnfit(instance, before, options);
    await resize(operation, resized(before, options), options);
  });
}

async function resize(operation: Operation, request: SpawnRequest, options: ResizeOptions): Promise<void> {
  const { host, instance, conn, rollback, exec, signal } = operation;
  const { uuid, instancePath } = instance;
  const storage = await partsOf(host).openStorage(host, exec, { place: instance, signal });
  const facts = await readHostFacts(host, conn, { wanted: request.virtType, signal });
  refuseContainer(instance, facts);
  const disks = mapInstanceDisks(request, facts, undefined);
  const volumes = await connectedVolumes({ host, request, disks, virtType: facts.virtType, exec, conn, signal });
  const sources = sourcesOf(storage, request, disks, volumes);
  const createdAt = new Date(host.clock.now());
  const { xml } = designInstance({ host, request, facts, disks, sources, instancePath, createdAt });

  const ran = await halt(operation, { ...options, orElse: 'destroy' });
  await act(rollback, 'files', { instancePath, replaced, made: [] }, async () => {
    await putAside({ instancePath, replaced, made: [] });
    await writeFile(join(instancePath, 'libvirt.xml'), xml, { mode: 0o600 });
    await writeStoredRequest(instancePath, request);
  });
  await redefine(operation, { uuid, xml });
  if (options.diskBytes !== undefined) {
    const disk = { instanceId: uuid, name: 'disk' };
    await storage.disks.resize({ disk, sizeBytes: options.diskBytes, signal });
  }
  if (ran) await launch(operation);
}

function resized(before: SpawnRequest, { vcpus, memoryBytes, diskBytes }: ResizeOptions): SpawnRequest {
  const { instance } = before;
  const sizes = {
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryBytes === undefined ? {} : { memoryMb: wholeMiB(memoryBytes) }),
    ...(diskBytes === undefined ? {} : { rootGb: Number((diskBytes + GiB - 1n) / GiB) }),
  };
  const flavor: Flavor = { ...instance.flavor, ...sizes };
  // The specification that it was made from no longer says what it is.
  const { spec: _, ...rest } = before;
  return { ...rest, instance: { ...instance, ...sizes, flavor }, rootDiskBytes: diskBytes ?? before.rootDiskBytes };
}

async function refuseUnfit(
  instance: KnownInstance,
  { instance: { numaTopology }, blockDeviceInfo, ...request }: SpawnRequest,
  { diskBytes }: ResizeOptions,
) {
  refuseAttached(instance, request);
  const { name } = instance;
  if (await isRescued(instance)) {
    throw new SpawnerError('EXISTS', `The instance "${name}" is rescued`, {
      fix: `First \`spawner unrescue ${name}\`.`,
    });
  }
  if (diskBytes !== undefined && bootsFromVolume(blockDeviceInfo)) {
    throw new SpawnerError(
      'USAGE',
      `The instance "${name}" boots from a volume, which is not the spawner's to resize`,
      {
        fix: 'Let whoever made the volume make it larger.',
      },
    );
  }
  if (!numaTopology) return;
  throw new SpawnerError('USAGE', `The instance "${name}" has a place of its own on the host's cells`, {
    fix: 'Delete it, and launch it with the new sizes.',
  });
}

function wholeMiB(bytes: bigint): number {
  if (bytes % MiB === 0n) return Number(bytes / MiB);
  throw new SpawnerError('USAGE', `memory: ${bytes} bytes are not a whole number of MiB`, {
    fix: `Use ${(bytes + MiB - 1n) / MiB}MiB.`,
  });
}
