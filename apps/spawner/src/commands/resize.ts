import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { resizeInstance } from '../operations/resize.ts';
import { sizeOf } from './attach.ts';
import { type StopFlags, stopOptions } from './power.ts';

export interface ResizeFlags extends StopFlags {
  readonly vcpus?: number;
  readonly memory?: string;
  readonly disk?: string;
}

/** `spawner resize` */
export async function resize(
  cli: CliContext,
  name: string,
  { vcpus, memory, disk, ...flags }: ResizeFlags,
): Promise<void> {
  if (vcpus === undefined && memory === undefined && disk === undefined) {
    throw new SpawnerError('USAGE', 'resize needs to know what is to change', {
      fix: 'Give --vcpus, --memory or --disk.',
    });
  }
  const memoryBytes = memory === undefined ? undefined : sizeOf('--memory', memory);
  const diskBytes = disk === undefined ? undefined : sizeOf('--disk', disk);
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  await resizeInstance(host, instance, { vcpus, memoryBytes, diskBytes, ...stopOptions(flags), signal });
  cli.print({ resized: { name: instance.name, uuid: instance.uuid } }, `resized ${instance.name}`);
}
