import { stat, statfs } from 'node:fs/promises';
import { nearestExisting } from '../doctor/nearest-existing.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';
import { formatSize } from '../spec/units.ts';
import { openImages } from './storage.ts';

const MiB = 1n << 20n;
/** What an instance takes at once besides its image: config drive, XML, console log, the heads of its disks. */
const LEAST_BYTES = 16n * MiB;
const BLOCK_BYTES = 512n;

/**
 * Refuses a request whose image has no room in the cache, before anything is fetched. How large an image elsewhere is, is
 * only known while it comes. Throws {@link SpawnerError} `NO_CAPACITY`.
 */
export async function checkSpace(
  host: Host,
  { image, name }: SpawnRequest,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const path = host.paths.instances;
  const { bavail, bsize } = await statfs(await nearestExisting(path), { bigint: true });
  const free = bavail * bsize;
  const needed = LEAST_BYTES + (image ? await bytesOf(image) : 0n);
  if (free >= needed) return;
  const { cache } = openImages(host, host.exec);
  const source = image?.source.type === 'file' ? image.source : undefined;
  if (free >= LEAST_BYTES && source && (await cache.peek({ kind: 'disk', source, signal }))) return;
  const [takes, has] = [needed, free].map((bytes) => formatSize((bytes / MiB) * MiB));
  throw new SpawnerError('NO_CAPACITY', `"${name}" needs ${takes} below "${path}", where ${has} are free`, {
    fix: '`spawner image prune` removes images that nobody uses; --instances-dir names another place.',
    context: { check: 'space', path, needed, free },
  });
}

/** What a file on this host takes; nothing is known of what lies elsewhere. */
async function bytesOf({ source }: RequestSource): Promise<bigint> {
  if (source.type !== 'file') return 0n;
  const found = await stat(source.path, { bigint: true }).catch(() => undefined);
  return found ? found.blocks * BLOCK_BYTES : 0n;
}
