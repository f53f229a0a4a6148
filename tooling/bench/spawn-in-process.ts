import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { destroyInstance, type Host, openHost, spawn, type SpawnedInstance } from '../../apps/spawner/src/index.ts';
import {
  type GuestOptions,
  type PreparedGuest,
  removeDomain,
  type SpawnStage,
  uniqueName,
  writeImage,
} from './spawn-stage.ts';
import type { StepTimes } from './spawn-steps.ts';
import { type Contender, contender } from './turns.ts';

const IMAGE_MIB = 64;

interface Spawned {
  readonly host: Host;
  readonly instances: readonly SpawnedInstance[];
}

/** So many spawns at once; connecting to the daemon is a part of what is timed. */
export function spawns(
  { settings, request }: SpawnStage,
  count: number,
  options: GuestOptions = {},
  steps?: StepTimes,
): Contender {
  const run = async (): Promise<Spawned> => {
    const listener = steps?.listen();
    const host = openHost({ settings, ...(listener && { onProgress: listener.onProgress }) });
    const names = Array.from({ length: count }, () => uniqueName('ours'));
    const instances = await Promise.all(names.map((name) => spawn(host, request(name, options))));
    listener?.end();
    return { host, instances };
  };
  return contender(run, clear);
}

/** The floor: define and create of what spawnkit defines, on a connection that is open, with disks that are there. */
export function floors({ conn }: SpawnStage, guests: readonly PreparedGuest[]): Contender {
  const start = async ({ xml }: PreparedGuest) => {
    const domain = await conn.domains.define(xml);
    await domain.start();
    return domain;
  };
  return contender(
    () => Promise.all(guests.map(start)),
    (domains) => Promise.all(domains.map(removeDomain)),
  );
}

/** A spawn from an image of 64 MiB that is not in the cache yet: each has another path. */
export async function coldSpawns({ settings, request, directory }: SpawnStage): Promise<Contender> {
  const place = join(directory, 'cold');
  await mkdir(place);
  const original = join(place, 'image.raw');
  await writeImage(original, IMAGE_MIB);
  return async () => {
    const image = join(place, `${uniqueName('image')}.raw`);
    await link(original, image);
    const run = async (): Promise<Spawned> => {
      const host = openHost({ settings });
      return { host, instances: [await spawn(host, request(uniqueName('cold'), { image }))] };
    };
    return await contender(run, clear)();
  };
}

/** Our way back in this process, beside that of the command line. */
export function deletes({ settings, request }: SpawnStage): Contender {
  return async () => {
    const host = openHost({ settings });
    const spawned = await spawn(host, request(uniqueName('gone')));
    const began = performance.now();
    await destroyInstance(host, spawned);
    const took = performance.now() - began;
    await host[Symbol.asyncDispose]();
    return took;
  };
}

async function clear({ host, instances }: Spawned): Promise<void> {
  await Promise.all(instances.map((one) => destroyInstance(host, one)));
  await host[Symbol.asyncDispose]();
}
