import type { Connection } from '@spawnkit/libvirt';
import { addressesOf, type InstanceAddress } from '../instance/addresses.ts';
import type { CliContext } from '../cli-context.ts';
import { type Host, openHost } from '../host.ts';
import { type InstanceView, viewInstance } from '../instance/instance-view.ts';
import { type KnownInstance, listInstances } from '../instance/inventory.ts';
import { table } from '../output/table.ts';
import { formatSize } from '../spec/units.ts';

/** `spawner list`: one line per instance of this host. */
export async function list(cli: CliContext): Promise<void> {
  await using host = openHost(cli);
  const instances = await listInstances(host);
  const view = async (instance: KnownInstance): Promise<ListedInstance> => {
    const conn = await connectIfPossible(host, instance, cli);
    const shown = await viewInstance(instance, conn, cli);
    // A guest that does not run has no address, and a thousand of them are not asked for it.
    const addresses = conn && shown.state === 'RUNNING' ? await addressesOf(conn, instance, cli) : [];
    return { ...shown, addresses };
  };
  const views = await Promise.all(instances.map(view));
  cli.print(views, views.length > 0 ? tableOf(views) : 'No instances on this host; `spawner launch` makes one.');
}

interface ListedInstance extends InstanceView {
  readonly addresses: readonly InstanceAddress[];
}

/** The list is of use without the daemon, too: then nothing is said of states. */
async function connectIfPossible(
  host: Host,
  { uri }: KnownInstance,
  { onProgress, signal }: CliContext,
): Promise<Connection | undefined> {
  try {
    return await host.connect({ uri, signal });
  } catch (error) {
    signal.throwIfAborted();
    onProgress({
      type: 'warning',
      message: `states are unknown: ${error instanceof Error ? error.message : String(error)}`,
    });
    return undefined;
  }
}

function stateText({ state, complete, rescued }: InstanceView): string {
  if (!complete) return `${state} (incomplete)`;
  return rescued ? `${state} (rescue)` : state;
}

function tableOf(views: readonly ListedInstance[]): string {
  return table(
    ['NAME', 'STATE', 'VCPUS', 'MEMORY', 'NETWORKS', 'ADDRESS', 'CREATED', 'UUID'],
    views.map((view) => [
      view.name,
      stateText(view),
      String(view.vcpus),
      formatSize(BigInt(view.memoryMib) << 20n),
      view.networks.join(',') || '-',
      view.addresses.flatMap(({ address }) => address ?? []).join(',') || '-',
      view.createdAt.slice(0, 19).replace('T', ' '),
      view.uuid,
    ]),
  );
}
