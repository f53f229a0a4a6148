import type { CliContext } from '../cli-context.ts';
import { destroyInstance } from '../destroy.ts';
import { exitCodeOf } from '../exit-code.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../inventory.ts';
import { printError } from '../output/error.ts';

/** `spawner delete`: each instance in turn; one that fails does not keep the others. Answers the first failure's exit code. */
export async function deleteInstances(cli: CliContext, names: readonly string[]): Promise<number | void> {
  await using host = openHost(cli);
  const deleted: { readonly name: string; readonly uuid: string }[] = [];
  const failures: unknown[] = [];
  for (const name of new Set(names)) {
    try {
      cli.signal.throwIfAborted();
      const instance = await findInstance(host, name);
      await destroyInstance(host, instance, { signal: cli.signal });
      deleted.push({ name: instance.name, uuid: instance.uuid });
    } catch (error) {
      failures.push(error);
    }
  }
  cli.print({ deleted }, deleted.map(({ name }) => `deleted ${name}`).join('\n'));
  for (const failure of failures) printError(failure, cli);
  return failures.length > 0 ? exitCodeOf(failures[0]) : undefined;
}
