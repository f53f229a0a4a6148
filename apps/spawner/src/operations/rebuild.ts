import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Domain, parse } from '@spawnkit/guest-config';
import { deviceMetadataOf } from '@spawnkit/guest-designer';
import { act } from '../spawn/acts.ts';
import { refuseAttached } from '../request/attached.ts';
import { designInstance, mapInstanceDisks } from '../spawn/design.ts';
import { makeDisks, sourcesOf } from '../spawn/disks.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { readHostFacts } from '../host-facts.ts';
import { pullImages } from '../spawn/images.ts';
import { injectSeed } from '../spawn/inject-seed.ts';
import { asideName, putAside, replaceableFiles } from '../instance/instance-files.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { isRescued } from '../instance/is-rescued.ts';
import { disksElsewhere, putDisksAside } from '../instance/storage-disks.ts';
import { operate, type Operation } from './operations.ts';
import { withNamedImage } from '../request/named-image.ts';
import { partsOf } from '../spawn/parts.ts';
import { halt, launch } from './power.ts';
import { connectedVolumes } from '../volumes/connected-volumes.ts';
import { bootsFromVolume, withNeededImage } from '../volumes/wanted-volumes.ts';
import { redefine } from './redefine.ts';
import { refuseContainer } from '../instance/refuse-container.ts';
import { storeConfigDrive } from '../spawn/store-drive.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';
import { readStoredRequest, withFoundFormat, writeStoredRequest } from '../request/stored-request.ts';

export interface RebuildOptions {
  /** Default: the image it was made from, as that is now. Another one brings its own properties. */
  readonly image?: RebuildImage | undefined;
  /** How long a running guest may take to switch itself off before it is ended. */
  readonly timeoutMs: number;
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RebuildImage {
  readonly source: RequestSource;
  readonly format?: 'raw' | 'qcow2' | 'iso' | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes all local disks of an instance anew, from its image or another, and keeps its identity: name, UUID, MAC
 * addresses, and its volumes. One that ran runs again. Until it does, the old disks are kept, and come back if anything fails. Throws
 * {@link SpawnerError} `EXISTS` for a rescued instance or one with snapshots, and what {@link operate} and `spawn`
 * throw.
 */
export async function rebuildInstance(host: Host, instance: KnownInstance, options: RebuildOptions): Promise<void> {
  const { signal } = options;
  const { instancePath } = instance;
  const replaced = await replaceableFiles(instancePath);
  const leftovers = replaced.map(asideName);
  const leftoverDisks = disksElsewhere(instance).map(asideName);
  await operate(host, instance, { operation: 'rebuild', leftovers, leftoverDisks, signal }, async (operation) => {
    await refuseRescued(instance);
    await refuseSnapshots(operation);
    await rebuild(operation, replaced, options);
  });
}

async function rebuild(operation: Operation, replaced: readonly string[], options: RebuildOptions): Promise<void> {
  const { host, instance, conn, rollback, exec, signal } = operation;
  const { uuid, instancePath } = instance;
  const stored = await readStoredRequest(instancePath);
  refuseAttached(instance, stored);
  if (options.image && bootsFromVolume(stored.blockDeviceInfo)) throw keepsItsRoot(stored);
  const request = await withNamedImage(host, withImage(stored, options.image), { signal });
  const step = (one: 'image' | 'disks' | 'define' | 'config drive') => host.onProgress({ type: 'step', step: one });

  step('image');
  const parts = partsOf(host);
  const storage = await parts.openStorage(host, exec, { place: instance, signal });
  const images = await pullImages(storage, withNeededImage(request), { onProgress: host.onProgress, signal });
  const facts = await readHostFacts(host, conn, { wanted: request.virtType, signal });
  refuseContainer(instance, facts);
  const disks = mapInstanceDisks(request, facts, images.image);
  const volumes = await connectedVolumes({ host, request, disks, virtType: facts.virtType, exec, conn, signal });
  const sources = sourcesOf(storage, request, disks, volumes);
  const createdAt = new Date(host.clock.now());
  const { xml } = designInstance({ host, request, facts, disks, sources, instancePath, createdAt });

  const ran = await halt(operation, { ...options, orElse: 'destroy' });
  step('disks');
  const change = { uuid, replaced: disksElsewhere(instance), made: [] };
  if (change.replaced.length > 0) await act(rollback, 'changed-disks', change, () => putDisksAside(change, storage));
  const made = [...sources.disks.keys()].filter((name) => !volumes.has(name) && !replaced.includes(name));
  await act(rollback, 'files', { instancePath, replaced, made }, async () => {
    await putAside({ instancePath, replaced, made });
    await using making = makeDisks(storage, { request, images, disks, signal });
    await writeFile(join(instancePath, 'libvirt.xml'), xml, { mode: 0o600 });
    await writeStoredRequest(instancePath, withFoundFormat(request, images.image));
    await making.made;
    const root = disks.mapping.has('disk') ? sources.disks.get('disk') : undefined;
    await injectSeed(host, request, { root, instancePath, virtType: facts.virtType, exec, signal });
  });
  step('define');
  const domain = await redefine(operation, { uuid, xml });
  if (disks.mapping.has('disk.config')) {
    step('config drive');
    const devices = deviceMetadataOf(parse(Domain, await domain.xml({ signal })), { networkInfo: request.networkInfo });
    await parts.createConfigDrive(request, { path: join(instancePath, 'disk.config'), devices, disks, exec, signal });
    await storeConfigDrive(storage, { instancePath, signal });
  }
  if (ran) await launch(operation);
}

function withImage(request: SpawnRequest, image: RebuildImage | undefined): SpawnRequest {
  if (!image) return request;
  const { source, format: diskFormat, properties = {} } = image;
  // The specification that it was made from no longer says what it is.
  const { spec: _, ...rest } = request;
  return { ...rest, image: source, imageMeta: { minRam: 0, minDisk: 0, id: randomUUID(), diskFormat, properties } };
}

async function refuseRescued(instance: KnownInstance): Promise<void> {
  if (!(await isRescued(instance))) return;
  const { name } = instance;
  throw new SpawnerError('EXISTS', `The instance "${name}" is rescued, so its disks cannot be made anew`, {
    fix: `First \`spawner unrescue ${name}\`.`,
  });
}

/** Volumes outlive what is made from images. */
function keepsItsRoot({ name }: SpawnRequest): SpawnerError {
  return new SpawnerError('USAGE', `The instance "${name}" boots from a volume, so it has no disk for another image`, {
    fix: 'Rebuild it without --image: that makes its other disks anew. Or launch another one.',
  });
}

async function refuseSnapshots({ conn, instance, signal }: Operation): Promise<void> {
  const domain = await conn.domains.byUuid(instance.uuid, { signal });
  const snapshots = await domain.snapshots.list({ signal });
  if (snapshots.length === 0) return;
  const names = snapshots.map(({ name }) => name);
  throw new SpawnerError('EXISTS', `The instance "${instance.name}" has snapshots of its disks: ${names.join(', ')}`, {
    fix: 'They would be lost; remove them first: spawner snapshot rm.',
    context: { snapshots: names },
  });
}
