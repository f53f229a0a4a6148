import { isAutostart, recoverInstances, setAutostart } from '../operations/autostart.ts';
import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { eachInstance, printFailures } from './each-instance.ts';
import { takeBackInterrupted } from './launch.ts';

/** `spawner recover`: after a boot of the host, takes back what it interrupted and starts what is to run. */
export async function recover(cli: CliContext): Promise<number | void> {
  await using host = openHost(cli);
  await takeBackInterrupted(host, cli);
  const recovered = await recoverInstances(host, cli);
  const shown = recovered.map(({ name, uuid, result }) => ({ name, uuid, result }));
  cli.print(
    { recovered: shown },
    shown.map(({ name, result }) => `${name}: ${result}`).join('\n') || 'Nothing is to run.',
  );
  return printFailures(
    cli,
    recovered.flatMap(({ error }) => error ?? []),
  );
}

/** `spawner autostart`: instances that `recover` starts. */
export async function autostart(
  cli: CliContext,
  names: readonly string[],
  flags: { readonly off?: boolean },
): Promise<number | void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const { done, failures } = await eachInstance(cli, host, names, async (instance) => {
    await setAutostart(host, instance, { on: !flags.off, signal });
    return isAutostart(instance);
  });
  const shown = done.map(({ instance: { name, uuid }, result }) => ({ name, uuid, autostart: result }));
  cli.print(
    { instances: shown },
    shown.map((one) => `${one.name} is ${one.autostart ? '' : 'not '}started after a boot`).join('\n'),
  );
  return printFailures(cli, failures);
}
