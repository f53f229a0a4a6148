import type { CliContext } from '../cli-context.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { findInstance, type KnownInstance } from '../instance/inventory.ts';
import { printError } from '../output/error.ts';

/** What was done, and what not. */
export interface EachOutcome<T> {
  readonly done: readonly { readonly instance: KnownInstance; readonly result: T }[];
  readonly failures: readonly unknown[];
}

/** Each named instance in turn; one that fails does not keep the others. */
export async function eachInstance<T>(
  cli: CliContext,
  host: Host,
  names: readonly string[],
  run: (instance: KnownInstance) => Promise<T>,
): Promise<EachOutcome<T>> {
  const done: { readonly instance: KnownInstance; readonly result: T }[] = [];
  const failures: unknown[] = [];
  for (const name of new Set(names)) {
    try {
      cli.signal.throwIfAborted();
      const instance = await findInstance(host, name);
      done.push({ instance, result: await run(instance) });
    } catch (error) {
      failures.push(error);
    }
  }
  return { done, failures };
}

/** Prints the failures; answers the exit code of the first. */
export function printFailures(cli: CliContext, failures: readonly unknown[]): number | void {
  for (const failure of failures) printError(failure, cli);
  return failures.length > 0 ? exitCodeOf(failures[0]) : undefined;
}
