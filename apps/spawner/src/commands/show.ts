import type { CliContext } from '../cli-context.ts';
import { addressesOf, disksOf } from '../domain-facts.ts';
import { openHost } from '../host.ts';
import { viewInstance } from '../instance-view.ts';
import { findInstance } from '../inventory.ts';
import { formatSize } from '../spec/units.ts';

/** `spawner show`: everything known of one instance. */
export async function show(cli: CliContext, name: string): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, name);
  const conn = await host.connect({ uri: instance.uri, signal: cli.signal });
  const view = await viewInstance(instance, conn, cli);
  const present = view.state !== 'ABSENT';
  const facts = {
    ...view,
    addresses: present ? await addressesOf(conn, view.uuid, cli) : [],
    disks: present ? await disksOf(conn, view.uuid, cli) : [],
  };
  cli.print(facts, asText(facts));
}

type Facts = Awaited<ReturnType<typeof viewInstance>> & {
  readonly addresses: Awaited<ReturnType<typeof addressesOf>>;
  readonly disks: Awaited<ReturnType<typeof disksOf>>;
};

function asText(facts: Facts): string {
  const rows: (readonly [string, string])[] = [
    ['name', facts.name],
    ['uuid', facts.uuid],
    ['state', facts.reason ? `${facts.state} (${facts.reason})` : facts.state],
    ...(facts.complete ? [] : [['spawn', 'incomplete: `spawner gc` takes it back'] as const]),
    ['image', facts.image ?? '-'],
    ['vcpus', String(facts.vcpus)],
    ['memory', formatSize(BigInt(facts.memoryMib) << 20n)],
    ['networks', facts.networks.join(', ') || '-'],
    ...facts.addresses.map(({ mac, address }) => ['address', `${address ?? 'not known'} (${mac})`] as const),
    ...facts.disks.map(({ target, source }) => ['disk', `${target}  ${source ?? '-'}`] as const),
    ['created', facts.createdAt],
    ['files', facts.instancePath],
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${value}`).join('\n');
}
