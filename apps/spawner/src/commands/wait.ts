import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { waitFor, type WaitedFor } from '../wait/wait-for.ts';
import type { WaitTarget } from '../wait/wait-targets.ts';

export interface WaitFlags {
  readonly for: WaitTarget;
  /** Seconds. */
  readonly timeout: number;
}

/** `spawner wait`: returns when the instance is as wanted. Exit code 9 when that takes too long. */
export async function wait(cli: CliContext, name: string, flags: WaitFlags): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  const found = await waitFor(host, instance, { target: flags.for, timeoutMs: flags.timeout * 1000, signal });
  cli.print({ name: instance.name, uuid: instance.uuid, ...found }, asText(instance.name, found));
}

function asText(name: string, { target, address, port }: WaitedFor): string {
  if (target === 'running') return `${name} runs`;
  if (target === 'cloud-init') return `cloud-init of ${name} has finished`;
  return port === undefined ? `${name} is at ${address}` : `SSH of ${name} answers at ${address}, port ${port}`;
}
