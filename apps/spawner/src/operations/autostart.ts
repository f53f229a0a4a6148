import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import { type KnownInstance, listInstances } from '../instance/inventory.ts';
import { withInstance } from './operations.ts';
import { startInstance } from './power.ts';

/**
 * Our own mark, beside the disks: libvirt's autostart would start a guest before its VIFs are plugged and without its
 * forwarded ports.
 */
const MARK = 'autostart';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** Whether the instance is to run after a boot of the host. */
export async function isAutostart({ instancePath }: Pick<KnownInstance, 'instancePath'>): Promise<boolean> {
  return stat(join(instancePath, MARK)).then(
    () => true,
    () => false,
  );
}

/** Lets an instance be started after a boot of the host, or no longer. Throws what {@link withInstance} throws. */
export async function setAutostart(
  host: Host,
  instance: KnownInstance,
  { on, ...options }: Options & { readonly on: boolean },
): Promise<void> {
  const path = join(instance.instancePath, MARK);
  await withInstance(host, instance, options, async () => {
    if (on) await writeFile(path, '', { mode: 0o600 });
    else await rm(path, { force: true });
  });
}

/** What became of an instance that is to run. */
export interface Recovered {
  readonly name: string;
  readonly uuid: string;
  readonly result: 'started' | 'runs already' | 'failed';
  readonly error?: unknown;
}

/**
 * Starts every instance that is to run after a boot of the host and does not; one that fails does not keep the others.
 * What was interrupted by the boot is to be collected before. Throws the signal's reason.
 */
export async function recoverInstances(host: Host, options: Options): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const instance of await listInstances(host)) {
    options.signal?.throwIfAborted();
    if (instance.committed && (await isAutostart(instance))) recovered.push(await recover(host, instance, options));
  }
  return recovered;
}

async function recover(host: Host, instance: KnownInstance, options: Options): Promise<Recovered> {
  const { name, uuid } = instance;
  try {
    const change = await startInstance(host, instance, options);
    return { name, uuid, result: change === 'unchanged' ? 'runs already' : 'started' };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { name, uuid, result: 'failed', error };
  }
}
