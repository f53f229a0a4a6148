import type { CliContext } from '../cli-context.ts';
import { type Host, openHost } from '../host.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { type PowerChange, rebootInstance, startInstance, stopInstance } from '../operations/power.ts';
import { eachInstance, printFailures } from './each-instance.ts';

export interface StopFlags {
  /** Seconds. */
  readonly timeout: number;
  readonly force?: boolean;
}

/** `spawner start` */
export async function start(cli: CliContext, names: readonly string[]): Promise<number | void> {
  return change(cli, names, (host, instance) => startInstance(host, instance, cli));
}

/** `spawner stop` */
export async function stop(cli: CliContext, names: readonly string[], flags: StopFlags): Promise<number | void> {
  return change(cli, names, (host, instance) =>
    stopInstance(host, instance, { ...stopOptions(flags), ...signalOf(cli) }),
  );
}

/** `spawner reboot` */
export async function reboot(cli: CliContext, names: readonly string[], flags: StopFlags): Promise<number | void> {
  return change(cli, names, (host, instance) =>
    rebootInstance(host, instance, { ...stopOptions(flags), ...signalOf(cli) }),
  );
}

/** The flags as operations take them. */
export function stopOptions({ timeout, force }: StopFlags) {
  return { timeoutMs: timeout * 1000, force };
}

function signalOf({ signal }: CliContext) {
  return { signal };
}

async function change(
  cli: CliContext,
  names: readonly string[],
  run: (host: Host, instance: KnownInstance) => Promise<PowerChange>,
): Promise<number | void> {
  await using host = openHost(cli);
  const { done, failures } = await eachInstance(cli, host, names, (instance) => run(host, instance));
  const changed = done.map(({ instance: { name, uuid }, result }) => ({ name, uuid, result }));
  cli.print({ instances: changed }, changed.map(({ name, result }) => asText(name, result)).join('\n'));
  return printFailures(cli, failures);
}

function asText(name: string, result: PowerChange): string {
  return result === 'unchanged' ? `${name} is so already` : `${result} ${name}`;
}
