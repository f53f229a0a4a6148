import type { CliContext } from '../cli-context.ts';
import { type Host, openHost } from '../host.ts';
import { findInstance, type KnownInstance } from '../instance/inventory.ts';
import { createSnapshot, listSnapshots, removeSnapshot, revertSnapshot } from '../operations/snapshots.ts';

/** `spawner snapshot list` */
export async function list(cli: CliContext, wanted: string): Promise<void> {
  await using host = openHost(cli);
  const snapshots = await listSnapshots(host, await findInstance(host, wanted), cli);
  const lines = snapshots.map(({ name, current }) => `${name}${current ? '  (current)' : ''}`);
  cli.print(snapshots, lines.join('\n') || 'No snapshots.');
}

/** `spawner snapshot create` */
export async function create(cli: CliContext, wanted: string, name: string): Promise<void> {
  await change(cli, wanted, name, 'created', createSnapshot);
}

/** `spawner snapshot revert` */
export async function revert(cli: CliContext, wanted: string, name: string): Promise<void> {
  await change(cli, wanted, name, 'reverted', revertSnapshot);
}

/** `spawner snapshot rm` */
export async function remove(cli: CliContext, wanted: string, name: string): Promise<void> {
  await change(cli, wanted, name, 'removed', removeSnapshot);
}

type Change = (host: Host, instance: KnownInstance, name: string, options: CliContext) => Promise<void>;

async function change(cli: CliContext, wanted: string, snapshot: string, what: string, run: Change): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, wanted);
  await run(host, instance, snapshot, cli);
  const { name, uuid } = instance;
  cli.print({ [what]: { name, uuid, snapshot } }, `${what} ${snapshot} of ${name}`);
}
