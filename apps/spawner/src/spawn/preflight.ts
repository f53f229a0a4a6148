import { checkUserData } from '@spawnkit/configdrive';
import type { Connection } from '@spawnkit/libvirt';
import { firstClosedDirectory } from '../doctor/closed-directory.ts';
import { SpawnerError } from '../errors.ts';
import { checkFirmware } from './check-firmware.ts';
import { checkSpace } from './check-space.ts';
import { checkPorts } from './forward-ports.ts';
import type { Host } from '../host.ts';
import { readHostFacts, type SpawnerFacts } from '../host-facts.ts';
import { checkStorage } from './check-storage.ts';
import { checkVolumes } from '../volumes/connected-volumes.ts';
import { bootsFromVolume } from '../volumes/wanted-volumes.ts';
import { partsOf } from './parts.ts';
import type { SpawnRequest } from '../request/request.ts';

/** A host that looks fit for a request. */
export interface Ready {
  readonly conn: Connection;
  readonly facts: SpawnerFacts;
}

interface Options {
  /** False: nothing is written, not even what was found out about KVM. Default true. */
  readonly remember?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks whether the host can carry out a request, and changes nothing. Throws {@link SpawnerError} `HOST_NOT_READY`,
 * `NO_CAPACITY` and `USAGE`, and the errors of `@spawnkit/vif`, `@spawnkit/configdrive` (for user data) and
 * `@spawnkit/domain-runtime`.
 */
export async function preflight(host: Host, request: SpawnRequest, { remember, signal }: Options): Promise<Ready> {
  refuseNothingToBoot(request);
  if (request.userData !== undefined) checkUserData(request.userData);
  const conn = await host.connect({ signal });
  const { exec, log, paths } = host;
  const context = { exec, conn, locksPath: paths.locks, log, signal };
  const [facts] = await Promise.all([
    readHostFacts(host, conn, { wanted: request.virtType, remember, signal }),
    refuseClosedDirectories(host),
    checkPorts(request),
    checkSpace(host, request, { signal }),
    ...request.networkInfo.map((vif) => partsOf(host).checkVif(vif, context)),
    checkVolumes(host, request, { exec, conn }),
    checkStorage(host, conn, { signal }),
  ]);
  checkFirmware(request, facts);
  return { conn, facts };
}

function refuseNothingToBoot({ image, rootDiskBytes, blockDeviceInfo, name }: SpawnRequest): void {
  if (image || rootDiskBytes !== undefined || bootsFromVolume(blockDeviceInfo)) return;
  throw new SpawnerError(
    'USAGE',
    `The specification of "${name}" has neither an image nor a volume to boot from, nor a size for an empty root disk`,
    {
      fix: 'Name an `image`, give a volume `boot: true`, or give `flavor.disk` for an empty disk.',
    },
  );
}

/** The system daemon's QEMU runs as a user of its own, and would fail with no more than "Permission denied". */
async function refuseClosedDirectories({ settings, paths }: Host): Promise<void> {
  if (settings.uri.includes('/session')) return;
  const closed = await firstClosedDirectory(paths.instances);
  if (!closed) return;
  throw new SpawnerError(
    'HOST_NOT_READY',
    `QEMU's user cannot reach the disks below "${paths.instances}": "${closed}" is closed to other users`,
    {
      fix: `chmod o+x "${closed}", or choose another place with --instances-dir.`,
      context: { check: 'instances', closed },
    },
  );
}
