import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '@spawnkit/effects';
import { type InstanceEvent, parseInstanceEvent } from '../instance-event.ts';

/** Events that nobody listened for when they came, one file each. */
export interface KeptEventsOptions {
  /** Of this user alone; made with mode 0700 when missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** How long an event is kept, in milliseconds. */
  readonly keepMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** More are not kept; the oldest go first. */
const KEPT_COUNT = 1000;
const SUFFIX = '.event';

/**
 * Keeps an event for whoever listens next, instead of an earlier one of the same name and tag. It is on the disk when this
 * has resolved. Throws what the file system says.
 */
export async function keepEvent(event: InstanceEvent, options: KeptEventsOptions): Promise<void> {
  const { directory, clock } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await forgetOld(options);
  const temporary = join(directory, `.${randomUUID()}`);
  try {
    await writeDurably(temporary, JSON.stringify({ keptAt: clock.now(), event }));
    await rename(temporary, fileOf(event, directory));
  } finally {
    await rm(temporary, { force: true });
  }
  await using opened = await open(directory, 'r');
  await opened.sync();
}

/** The events of an instance that are kept, oldest first; they are kept no longer. Expired and unreadable ones go silently. */
export async function takeKeptEvents(
  instanceUuid: string,
  options: KeptEventsOptions,
): Promise<readonly InstanceEvent[]> {
  const { directory, clock, keepMs } = options;
  const found = await readAll(directory, (name) => name.startsWith(`${instanceUuid}.`));
  await Promise.all(found.map(({ path }) => rm(path, { force: true })));
  return found.flatMap(({ kept }) => (kept && isFresh(kept.keptAt, clock, keepMs) ? [kept.event] : []));
}

/** Forgets events that nobody will take any more, and files that hold none; with `dryRun` only answers their names. */
export async function removeExpired(
  { directory, clock, keepMs }: KeptEventsOptions,
  { dryRun }: { readonly dryRun: boolean },
): Promise<readonly string[]> {
  const found = await readAll(directory, () => true);
  const expired = found.filter(({ kept }) => !kept || !isFresh(kept.keptAt, clock, keepMs)).map(({ path }) => path);
  if (!dryRun) await Promise.all(expired.map((path) => rm(path, { force: true })));
  return expired.map((path) => basename(path));
}

/** Forgets one kept event. Idempotent. */
export async function forgetKeptEvent(event: InstanceEvent, { directory }: { directory: string }): Promise<void> {
  await rm(fileOf(event, directory), { force: true });
}

interface Found {
  readonly path: string;
  /** Undefined for what is no event. */
  readonly kept: { readonly keptAt: number; readonly event: InstanceEvent } | undefined;
}

async function forgetOld({ directory, clock, keepMs }: KeptEventsOptions): Promise<void> {
  const found = await readAll(directory, () => true);
  const fresh = found.filter(({ kept }) => kept && isFresh(kept.keptAt, clock, keepMs));
  const staying = new Set(fresh.slice(-(KEPT_COUNT - 1)).map(({ path }) => path));
  const going = found.filter(({ path }) => !staying.has(path));
  await Promise.all(going.map(({ path }) => rm(path, { force: true })));
}

/** Oldest first. */
async function readAll(directory: string, isWanted: (name: string) => boolean): Promise<readonly Found[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(SUFFIX) && isWanted(name)).map((name) => join(directory, name));
  const found = await Promise.all(files.map(async (path) => ({ path, kept: await readKept(path) })));
  return found.sort((a, b) => (a.kept?.keptAt ?? 0) - (b.kept?.keptAt ?? 0));
}

async function readKept(path: string): Promise<Found['kept']> {
  try {
    const { keptAt, event } = JSON.parse(await readFile(path, 'utf8')) as { keptAt?: unknown; event?: unknown };
    return typeof keptAt === 'number' ? { keptAt, event: parseInstanceEvent(event) } : undefined;
  } catch {
    return undefined;
  }
}

/** A clock that was set back makes an event look as if it came from the future: then nobody knows its age. */
function isFresh(keptAt: number, clock: Clock, keepMs: number): boolean {
  return Math.abs(clock.now() - keptAt) <= keepMs;
}

/** Ports and names may hold what a file name cannot. */
function fileOf({ instanceUuid, name, tag }: InstanceEvent, directory: string): string {
  const key = createHash('sha256')
    .update(`${name}\0${tag ?? ''}`)
    .digest('hex')
    .slice(0, 32);
  return join(directory, `${instanceUuid}.${key}${SUFFIX}`);
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
}
