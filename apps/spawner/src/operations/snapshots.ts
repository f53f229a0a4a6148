import { build, DomainSnapshot } from '@spawnkit/guest-config';
import { NotFoundError } from '@spawnkit/libvirt';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { liesElsewhere } from '../instance/storage-disks.ts';
import { withInstance } from './operations.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** A snapshot of an instance: its disks, and its memory if it ran. */
export interface InstanceSnapshot {
  readonly name: string;
  /** The one that the disks go on from. */
  readonly current: boolean;
}

/** All snapshots of an instance. */
export async function listSnapshots(
  host: Host,
  { uri, uuid }: KnownInstance,
  { signal }: Options,
): Promise<readonly InstanceSnapshot[]> {
  const conn = await host.connect({ uri, signal });
  const domain = await conn.domains.byUuid(uuid, { signal });
  const snapshots = await domain.snapshots.list({ signal });
  return Promise.all(snapshots.map(async (one) => ({ name: one.name, current: await one.isCurrent({ signal }) })));
}

/**
 * Keeps what an instance is now, within its qcow2 disks. Throws {@link SpawnerError} `EXISTS`, what `withInstance`
 * throws, and libvirt's errors: disks of other formats have no snapshots.
 */
export async function createSnapshot(
  host: Host,
  instance: KnownInstance,
  name: string,
  options: Options,
): Promise<void> {
  refuseElsewhere(instance);
  const known = await listSnapshots(host, instance, options);
  if (known.some((one) => one.name === name)) {
    throw new SpawnerError('EXISTS', `"${instance.name}" has a snapshot "${name}" already`, {
      fix: 'Choose another name.',
    });
  }
  const { signal } = options;
  await withInstance(host, instance, options, async () => {
    const conn = await host.connect({ uri: instance.uri, signal });
    const domain = await conn.domains.byUuid(instance.uuid, { signal });
    await domain.snapshots.create(build(DomainSnapshot, { name }), { flags: ['ATOMIC'], signal });
  });
}

/**
 * Makes an instance what it was; the snapshot stays. Throws {@link SpawnerError} `NOT_FOUND`, and what `withInstance`
 * throws.
 */
export async function revertSnapshot(
  host: Host,
  instance: KnownInstance,
  name: string,
  options: Options,
): Promise<void> {
  await onSnapshot(host, instance, name, options, (snapshot) => snapshot.revert(options));
}

/** Throws {@link SpawnerError} `NOT_FOUND`, and what `withInstance` throws. */
export async function removeSnapshot(
  host: Host,
  instance: KnownInstance,
  name: string,
  options: Options,
): Promise<void> {
  await onSnapshot(host, instance, name, options, (snapshot) => snapshot.delete(options));
}

/** libvirt takes them within the files of disks. */
function refuseElsewhere(instance: KnownInstance): void {
  if (!liesElsewhere(instance)) return;
  const { name, storage } = instance;
  const imagesType = storage?.imagesType;
  throw new SpawnerError(
    'USAGE',
    `The disks of "${name}" are of the type ${imagesType}, which have no snapshots here`,
    {
      fix: 'Only qcow2 disks have them.',
      context: { name, imagesType },
    },
  );
}

type LibvirtSnapshot = Awaited<ReturnType<typeof lookUp>>;

async function onSnapshot(
  host: Host,
  instance: KnownInstance,
  name: string,
  options: Options,
  run: (snapshot: LibvirtSnapshot) => Promise<void>,
): Promise<void> {
  await withInstance(host, instance, options, async () => run(await lookUp(host, instance, name, options)));
}

async function lookUp(host: Host, instance: KnownInstance, name: string, { signal }: Options) {
  const conn = await host.connect({ uri: instance.uri, signal });
  const domain = await conn.domains.byUuid(instance.uuid, { signal });
  try {
    return await domain.snapshots.byName(name, { signal });
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new SpawnerError('NOT_FOUND', `"${instance.name}" has no snapshot "${name}"`, {
      cause,
      fix: `\`spawner snapshot list ${instance.name}\` shows them.`,
    });
  }
}
