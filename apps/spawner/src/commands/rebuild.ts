import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { rebuildInstance } from '../operations/rebuild.ts';
import { sourceOf } from '../request/request-source.ts';
import { type StopFlags, stopOptions } from './power.ts';

/** `spawner rebuild` */
export async function rebuild(
  cli: CliContext,
  name: string,
  flags: StopFlags & { readonly image?: string },
): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  const image = flags.image === undefined ? undefined : { source: { source: sourceOf(flags.image, process.cwd()) } };
  await rebuildInstance(host, instance, { ...stopOptions(flags), image, signal });
  cli.print({ rebuilt: { name: instance.name, uuid: instance.uuid } }, `rebuilt ${instance.name}`);
}
