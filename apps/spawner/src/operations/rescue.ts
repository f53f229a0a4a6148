import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Domain, parse } from '@spawnkit/guest-config';
import { deviceMetadataOf } from '@spawnkit/guest-designer';
import { act } from '../spawn/acts.ts';
import { designInstance, mapInstanceDisks } from '../spawn/design.ts';
import { makeRootDisk, sourcesOf } from '../spawn/disks.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { readHostFacts } from '../host-facts.ts';
import { pullImages } from '../spawn/images.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { isRescued, OWN_DEFINITION, rescueDisks } from '../instance/is-rescued.ts';
import { liesElsewhere } from '../instance/storage-disks.ts';
import { operate, type Operation } from './operations.ts';
import { withNamedImage } from '../request/named-image.ts';
import { partsOf } from '../spawn/parts.ts';
import { halt, launch } from './power.ts';
import { connectedVolumes } from '../volumes/connected-volumes.ts';
import { bootsFromVolume } from '../volumes/wanted-volumes.ts';
import { redefine } from './redefine.ts';
import { refuseContainer } from '../instance/refuse-container.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';
import type { Storage } from '../spawn/storage.ts';
import { storeConfigDrive } from '../spawn/store-drive.ts';
import { readStoredRequest } from '../request/stored-request.ts';

const [RESCUE_DISK, RESCUE_DRIVE] = rescueDisks;
const rescueFiles = [...rescueDisks, OWN_DEFINITION];

interface PowerOptions {
  /** How long a running guest may take to switch itself off before it is ended. */
  readonly timeoutMs: number;
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RescueOptions extends PowerOptions {
  /** What to boot instead; default the instance's own image, anew. */
  readonly image?: RescueImage | undefined;
}

export interface RescueImage {
  readonly source: RequestSource;
  /** Image properties; with `hw_rescue_bus` or `hw_rescue_device` the instance keeps all its disks where they are. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/**
 * Boots an instance from another disk, made from an image, with its own root disk beside it, so that it can be
 * repaired. Follows `rescue` of Nova's libvirt driver. Throws {@link SpawnerError} `EXISTS` when it is rescued already,
 * what {@link operate} and `ImageCache.pull` throw.
 */
export async function rescueInstance(host: Host, instance: KnownInstance, options: RescueOptions): Promise<void> {
  const { signal } = options;
  await operate(host, instance, { operation: 'rescue', signal }, async (operation) => {
    if (await isRescued(instance)) throw rescuedAlready(instance);
    await bootRescueDisk(operation, options);
  });
}

/**
 * Boots a rescued instance from its own disk again; the rescue disk goes. Throws {@link SpawnerError} `NOT_FOUND` when
 * it is not rescued, and what {@link operate} throws.
 */
export async function unrescueInstance(host: Host, instance: KnownInstance, options: PowerOptions): Promise<void> {
  const { signal } = options;
  const { uuid, instancePath, name } = instance;
  const leftoverDisks = liesElsewhere(instance) ? rescueDisks : [];
  const leaving = { operation: 'unrescue', leftovers: rescueFiles, leftoverDisks, signal } as const;
  await operate(host, instance, leaving, async (operation) => {
    if (!(await isRescued(instance))) throw notRescued(name);
    const xml = await readFile(join(instancePath, OWN_DEFINITION), 'utf8');
    await halt(operation, { ...options, orElse: 'destroy' });
    await redefine(operation, { uuid, xml });
    await launch(operation);
  });
}

async function bootRescueDisk(operation: Operation, { image, ...power }: RescueOptions): Promise<void> {
  const { host, instance, conn, rollback, exec, signal } = operation;
  const { uuid, instancePath } = instance;
  const request = await readStoredRequest(instancePath);
  const parts = partsOf(host);
  const storage = await parts.openStorage(host, exec, { place: instance, signal });
  const images = await pullRescueImage(operation, storage, { ...request, image: image?.source ?? request.image });
  const facts = await readHostFacts(host, conn, { wanted: request.virtType, signal });
  refuseContainer(instance, facts);
  const disks = mapInstanceDisks(request, facts, images.image, rescueMeta(image, request));
  const volumes = await connectedVolumes({ host, request, disks, virtType: facts.virtType, exec, conn, signal });
  const sources = sourcesOf(storage, request, disks, volumes);
  const { xml } = designInstance({
    host,
    request,
    facts,
    disks,
    sources,
    instancePath,
    rescue: true,
    createdAt: new Date(host.clock.now()),
  });
  const before = await (await conn.domains.byUuid(uuid, { signal })).xml({ flags: ['INACTIVE'], signal });

  host.onProgress({ type: 'step', step: 'disks' });
  if (liesElsewhere(instance)) {
    await act(rollback, 'changed-disks', { uuid, replaced: [], made: rescueDisks }, async () => {});
  }
  await act(rollback, 'files', { instancePath, replaced: [], made: rescueFiles }, async () => {
    const disk = { instanceId: uuid, name: RESCUE_DISK };
    await makeRootDisk(storage, images, { disk, sizeBytes: null, signal });
    await writeFile(join(instancePath, OWN_DEFINITION), before, { mode: 0o600 });
  });
  await halt(operation, { ...power, orElse: 'destroy' });
  const domain = await redefine(operation, { uuid, xml });
  if (disks.mapping.has(RESCUE_DRIVE)) {
    const devices = deviceMetadataOf(parse(Domain, await domain.xml({ signal })), { networkInfo: request.networkInfo });
    await parts.createConfigDrive(request, { path: join(instancePath, RESCUE_DRIVE), devices, disks, exec, signal });
    await storeConfigDrive(storage, { instancePath, name: RESCUE_DRIVE, signal });
  }
  await launch(operation);
}

async function pullRescueImage({ host, signal }: Operation, storage: Storage, request: SpawnRequest) {
  host.onProgress({ type: 'step', step: 'image' });
  // The instance's own kernel is there already.
  const only = { ...request, kernel: undefined, imageMeta: { ...request.imageMeta, diskFormat: undefined } };
  const named = await withNamedImage(host, only, { signal });
  const images = await pullImages(storage, named, { onProgress: host.onProgress, signal });
  if (images.image || images.clonable) return images;
  throw new SpawnerError(
    'USAGE',
    `The instance "${request.name}" was made without an image, so there is none to rescue it with`,
    {
      fix: 'Name one: --image.',
    },
  );
}

/**
 * Nova's rule: only an image that says how it is to be attached leaves the instance's disks in their places. One that boots
 * from a volume has no other way to have its root beside the rescue disk, and so always gets that.
 */
function rescueMeta(image: RescueImage | undefined, { blockDeviceInfo }: SpawnRequest) {
  const given = image?.properties ?? {};
  const properties = bootsFromVolume(blockDeviceInfo) ? { hw_rescue_device: 'disk', ...given } : given;
  const stable = 'hw_rescue_bus' in properties || 'hw_rescue_device' in properties;
  return { rescue: true, ...(stable ? { rescueImageMeta: { properties } } : {}) };
}

function rescuedAlready({ name }: KnownInstance): SpawnerError {
  return new SpawnerError('EXISTS', `The instance "${name}" is rescued already`, {
    fix: `\`spawner unrescue ${name}\` boots it from its own disk again.`,
  });
}

function notRescued(name: string): SpawnerError {
  return new SpawnerError('NOT_FOUND', `The instance "${name}" is not rescued`, {
    fix: `\`spawner rescue ${name}\` boots it from another disk, to repair it.`,
  });
}
