import { resolve } from 'node:path';
import { type CachedImage, inspectImage } from '@spawnkit/image-backend';
import { readCatalogue } from '../catalogue/catalogue.ts';
import { resolveImage } from '../catalogue/resolve-image.ts';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { openHost } from '../host.ts';
import { imageSource, shownSource } from '../spawn/images.ts';
import { table } from '../output/table.ts';
import { type RequestSource, sourceOf } from '../request/request-source.ts';
import { formatSize } from '../spec/units.ts';
import { type ImageStorage, openImages } from '../spawn/storage.ts';

/** `spawner image list`: the cache, or with `--catalogue` the names that can be launched. */
export async function listImages(cli: CliContext, { catalogue = false }: { catalogue?: boolean }): Promise<void> {
  if (catalogue) return listCatalogue(cli);
  const images = await withStorage(cli, ({ cache }) => cache.list(cli));
  const rows = images.map(({ name, role, fileBytes, usedBy, lastUsedMs, imageId = '-' }) => [
    name.slice(0, SHOWN_NAME),
    role,
    formatSize(fileBytes),
    String(usedBy.length),
    new Date(lastUsedMs).toISOString().slice(0, 19).replace('T', ' '),
    imageId,
  ]);
  const text = table(['NAME', 'ROLE', 'SIZE', 'DISKS', 'LAST USED', 'ID'], rows);
  cli.print(images, rows.length > 0 ? text : 'The image cache is empty; `spawner image pull` fills it.');
}

/** `spawner image pull`: fetches and checks an image, so that a launch finds it in the cache. */
export async function pullImage(cli: CliContext, wanted: string, flags: { readonly sha256?: string }): Promise<void> {
  const source = await sourceFor(cli, wanted, flags);
  const { onProgress, signal } = cli;
  const image = await withStorage(cli, ({ cache, ceph }) =>
    cache.pull({
      kind: 'disk',
      ...(source.source.type === 'rbd' ? { declaredFormat: 'raw' } : {}),
      source: imageSource(source, ceph),
      onProgress: ({ bytes, total }) => onProgress({ type: 'download', source: shownSource(source), bytes, total }),
      signal,
    }),
  );
  const { name, path, format, virtualSize, sha256, fromCache } = image;
  const size = `${format}, ${formatSize(virtualSize)}, sha256 ${sha256}`;
  cli.print(
    { name, path, format, virtualSize, sha256, fromCache },
    `${fromCache ? 'in the cache' : 'fetched'}: ${name}\n  ${size}`,
  );
}

/**
 * `spawner image verify`: reads cached images again and compares them with what was fetched. Exit code 6 for a changed
 * one.
 */
export async function verifyImages(cli: CliContext, wanted: readonly string[]): Promise<number | void> {
  const results = await withStorage(cli, async ({ cache }) => {
    const all = (await cache.list(cli)).filter(({ role }) => role === 'image');
    const chosen = wanted.length > 0 ? wanted.map((one) => findCached(all, one)) : all;
    const found = [];
    for (const { name } of chosen) found.push(await cache.verify(name, cli));
    return found;
  });
  const lines = results.map((one) => `${one.name}: ${one.state}${one.state === 'unknown' ? `, ${one.reason}` : ''}`);
  cli.print(results, lines.join('\n') || 'The image cache is empty.');
  return results.some(({ state }) => state === 'changed' || state === 'missing') ? exitCodes.image : undefined;
}

/**
 * `spawner image inspect`: what a file, or a cached image, is by its own bytes. Exit code 6 for one that is not safe to
 * use.
 */
export async function inspectImageCommand(cli: CliContext, wanted: string): Promise<number | void> {
  const path = await pathOf(cli, wanted);
  const found = await inspectImage(path, cli);
  const rows = [
    `format        ${found.format}`,
    `guest sees    ${formatSize(found.virtualSize)}`,
    `file          ${formatSize(found.fileBytes)}`,
    ...(found.contents ? [`contents      ${found.contents}`] : []),
    ...found.hazards.map(({ detail }) => `NOT SAFE      ${detail}`),
  ];
  cli.print({ path, ...found }, rows.join('\n'));
  return found.hazards.length > 0 ? exitCodes.image : undefined;
}

export interface PruneFlags {
  /** Hours. */
  readonly olderThan: number;
  readonly dryRun?: boolean;
}

/** `spawner image prune`: removes what no disk uses and nobody has used for long. */
export async function pruneImages(cli: CliContext, { olderThan, dryRun = false }: PruneFlags): Promise<void> {
  const { signal } = cli;
  const report = await withStorage(cli, ({ cache }) =>
    cache.prune({ minAgeMs: olderThan * 3_600_000, dryRun, signal }),
  );
  const verb = dryRun ? 'would remove' : 'removed';
  const lines = report.removed.map(({ name, fileBytes }) => `${verb} ${name} (${formatSize(fileBytes)})`);
  cli.print(
    report,
    [...lines, `${formatSize(report.freedBytes)} ${dryRun ? 'would be' : 'are'} free again`].join('\n'),
  );
}

/** `spawner image rm`: removes images that no disk uses. */
export async function removeImages(cli: CliContext, wanted: readonly string[]): Promise<void> {
  const { signal } = cli;
  const removed = await withStorage(cli, async ({ cache }) => {
    const all = await cache.list({ signal });
    const doomed = wanted.map((one) => refuseUsed(findCached(all, one)).name);
    const others = all.map(({ name }) => name).filter((name) => !doomed.includes(name));
    return (await cache.prune({ minAgeMs: 0, keepBases: others, signal })).removed;
  });
  cli.print({ removed }, removed.map(({ name }) => `removed ${name}`).join('\n'));
}

const SHOWN_NAME = 12;

async function listCatalogue(cli: CliContext): Promise<void> {
  const known = await readCatalogue(cli.settings.imageCatalogues);
  const rows = Object.entries(known).map(([name, { user = '-', url }]) => [name, user, url]);
  cli.print(known, table(['NAME', 'USER', 'ADDRESS'], rows));
}

async function sourceFor({ settings, signal }: CliContext, wanted: string, { sha256 }: { readonly sha256?: string }) {
  const checked = sha256 === undefined ? {} : { checksum: { algorithm: 'sha256' as const, hex: sha256.toLowerCase() } };
  const source = sourceOf(wanted, process.cwd());
  if (source.type !== 'catalogue') return { source, ...checked } satisfies RequestSource;
  const { image: _, ...found } = await resolveImage(await readCatalogue(settings.imageCatalogues), wanted, { signal });
  return { ...found, ...checked } satisfies RequestSource;
}

async function withStorage<T>(cli: CliContext, run: (storage: ImageStorage) => Promise<T>): Promise<T> {
  await using host = openHost(cli);
  return await run(openImages(host, host.exec));
}

/** A cached image by its name, the beginning of it, or its id. */
function findCached(all: readonly CachedImage[], wanted: string): CachedImage {
  const exact = all.filter(({ name, imageId }) => name === wanted || imageId === wanted);
  const matches = exact.length > 0 || wanted.length < 4 ? exact : all.filter(({ name }) => name.startsWith(wanted));
  const [found, second] = matches;
  if (found && !second) return found;
  throw new SpawnerError(
    found ? 'USAGE' : 'NOT_FOUND',
    `The image cache has ${found ? 'several images' : 'no image'} "${wanted}"`,
    {
      fix: '`spawner image list` shows what it has.',
      context: { wanted },
    },
  );
}

function refuseUsed(image: CachedImage): CachedImage {
  if (image.usedBy.length === 0) return image;
  throw new SpawnerError(
    'EXISTS',
    `The image ${image.name} is the base of ${image.usedBy.length} disks: ${image.usedBy.join(', ')}`,
    {
      fix: 'Delete their instances first.',
      context: { name: image.name, usedBy: image.usedBy },
    },
  );
}

async function pathOf(cli: CliContext, wanted: string): Promise<string> {
  if (wanted.includes('/') || wanted.includes('.')) return resolve(wanted);
  return withStorage(cli, async ({ cache }) => findCached(await cache.list(cli), wanted).path);
}
