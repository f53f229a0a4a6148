import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { sourceOf } from '../request/request-source.ts';
import { rescueInstance, unrescueInstance } from '../operations/rescue.ts';
import { type StopFlags, stopOptions } from './power.ts';

/** `spawner rescue` */
export async function rescue(
  cli: CliContext,
  name: string,
  flags: StopFlags & { readonly image?: string },
): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  const image = flags.image === undefined ? undefined : { source: { source: sourceOf(flags.image, process.cwd()) } };
  await rescueInstance(host, instance, { ...stopOptions(flags), image, signal });
  const hint = `its own disk is the second one; \`spawner unrescue ${instance.name}\` boots it again`;
  cli.print({ rescued: { name: instance.name, uuid: instance.uuid } }, `rescued ${instance.name}: ${hint}`);
}

/** `spawner unrescue` */
export async function unrescue(cli: CliContext, name: string, flags: StopFlags): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  await unrescueInstance(host, instance, { ...stopOptions(flags), signal });
  cli.print({ unrescued: { name: instance.name, uuid: instance.uuid } }, `${instance.name} runs from its own disk`);
}
