import type { CliContext } from '../cli-context.ts';
import { destroyInstance } from '../spawn/destroy.ts';
import { openHost } from '../host.ts';
import { keptDisks } from '../instance/kept-disks.ts';
import { keptElsewhere } from '../instance/storage-disks.ts';
import { eachInstance, printFailures } from './each-instance.ts';

export interface DeleteFlags {
  readonly keepDisks?: boolean;
}

/**
 * `spawner delete`: each instance in turn; one that fails does not keep the others. Answers the first failure's exit
 * code.
 */
export async function deleteInstances(
  cli: CliContext,
  names: readonly string[],
  { keepDisks = false }: DeleteFlags = {},
): Promise<number | void> {
  await using host = openHost(cli);
  const { done, failures } = await eachInstance(cli, host, names, async (instance) => {
    await destroyInstance(host, instance, { keepDisks, signal: cli.signal });
    return keepDisks ? [...(await keptDisks(instance.instancePath)), ...keptElsewhere(instance)] : undefined;
  });
  const deleted = done.map(({ instance: { name, uuid }, result: kept }) => ({ name, uuid, ...(kept ? { kept } : {}) }));
  cli.print({ deleted }, deleted.map(asText).join('\n'));
  return printFailures(cli, failures);
}

function asText({ name, kept = [] }: { readonly name: string; readonly kept?: readonly string[] }): string {
  return [`deleted ${name}`, ...kept.map((path) => `  kept ${path}`)].join('\n');
}
