import { acquireLock, createRollback, type Json, type Rollback } from '@spawnkit/effects';
import { type Connection, NotFoundError } from '@spawnkit/libvirt';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { shownSource } from './images.ts';
import { keptDiskSettings } from './storage-settings.ts';
import { instancePathOf, makePassable } from '../instance/instance-path.ts';
import { type JournalHeader, listInstances } from '../instance/inventory.ts';
import type { SpawnRequest } from '../request/request.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the request's name for this spawn, and opens the journal that everything after it stands in. Two spawns of one
 * name at the same time are told apart by a lock. Throws {@link SpawnerError} `EXISTS`.
 */
export async function claimName(
  host: Host,
  conn: Connection,
  request: SpawnRequest,
  options: Options,
): Promise<Rollback> {
  const { paths, clock } = host;
  const { signal } = options;
  // Before the locks and journals below it, which are nobody else's business and would close it.
  await makePassable(paths.state);
  await using _lock = await acquireLock({ directory: paths.locks, name: `name-${request.name}`, signal });
  await refuseKnownInstance(host, request);
  await refuseOtherDomain(conn, request, options);
  // An interface lacks the index signature of `Json`; the rollback checks that it is plain JSON.
  const header = headerOf(host, request) as unknown as Json;
  return await createRollback({ directory: paths.journal, id: request.instance.uuid, header, clock, signal });
}

async function refuseKnownInstance(host: Host, { name }: SpawnRequest): Promise<void> {
  const known = (await listInstances(host)).find((instance) => instance.name === name);
  if (!known) return;
  throw new SpawnerError(
    'EXISTS',
    known.committed
      ? `There is an instance "${name}" already (${known.uuid})`
      : `A spawn or delete of an instance "${name}" (${known.uuid}) is under way or was interrupted`,
    {
      fix: known.committed
        ? `Choose another name, or delete it: spawner delete ${name}.`
        : 'If no other spawner works on it, `spawner gc` takes it back; then try again.',
      context: { name, uuid: known.uuid },
    },
  );
}

async function refuseOtherDomain(conn: Connection, { name }: SpawnRequest, { signal }: Options): Promise<void> {
  try {
    const { uuid } = await conn.domains.byName(name, { signal });
    throw new SpawnerError(
      'EXISTS',
      `libvirt has a domain "${name}" already (${uuid}), which this spawner did not make`,
      {
        fix: 'Choose another name.',
        context: { name, uuid },
      },
    );
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

function headerOf(host: Host, request: SpawnRequest): JournalHeader {
  const { instance, name, networkInfo, image } = request;
  return {
    name,
    uuid: instance.uuid,
    uri: host.settings.uri,
    instancePath: instancePathOf(host.paths, instance.uuid),
    storage: keptDiskSettings(host.settings),
    summary: {
      image: image ? shownSource(image) : null,
      vcpus: instance.vcpus,
      memoryMib: instance.memoryMb,
      networks: networkInfo.map((vif) => vif.network.label ?? vif.network.bridge ?? vif.type ?? ''),
    },
  };
}
