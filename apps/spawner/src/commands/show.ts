import { addressesOf, type InstanceAddress } from '../instance/addresses.ts';
import { isAutostart } from '../operations/autostart.ts';
import type { CliContext } from '../cli-context.ts';
import { disksOf } from '../instance/domain-facts.ts';
import { openHost } from '../host.ts';
import { viewInstance } from '../instance/instance-view.ts';
import { findInstance } from '../instance/inventory.ts';
import type { SpecPort } from '../spec/schema.ts';
import { formatSize } from '../spec/units.ts';
import { findStoredRequest } from '../request/stored-request.ts';

/** `spawner show`: everything known of one instance. */
export async function show(cli: CliContext, name: string): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, name);
  const conn = await host.connect({ uri: instance.uri, signal: cli.signal });
  const view = await viewInstance(instance, conn, cli);
  const present = view.state !== 'ABSENT';
  const facts = {
    ...view,
    addresses: present ? await addressesOf(conn, instance, cli) : [],
    disks: present ? await disksOf(conn, view.uuid, cli) : [],
    autostart: await isAutostart(instance),
    ports: (await findStoredRequest(instance.instancePath).catch(() => undefined))?.ports ?? [],
  };
  cli.print(facts, asText(facts));
}

type Facts = Awaited<ReturnType<typeof viewInstance>> & {
  readonly addresses: Awaited<ReturnType<typeof addressesOf>>;
  readonly disks: Awaited<ReturnType<typeof disksOf>>;
  readonly autostart: boolean;
  readonly ports: readonly SpecPort[];
};

function addressText({ mac, address, from }: InstanceAddress): string {
  if (from === 'user') return `${address} inside, reached by forwarded ports only (${mac})`;
  return `${address ?? 'not known'} (${mac})`;
}

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
    ...(facts.rescued ? [['rescued', 'it runs from another disk; `spawner unrescue` ends that'] as const] : []),
    ...facts.addresses.map((one) => ['address', addressText(one)] as const),
    ...facts.ports.map((one) => ['port', `${one.address}:${one.host} leads to ${one.guest}/${one.protocol}`] as const),
    ...facts.disks.map(({ target, source }) => ['disk', `${target}  ${source ?? '-'}`] as const),
    ...(facts.autostart ? [['autostart', '`spawner recover` starts it after a boot'] as const] : []),
    ['created', facts.createdAt],
    ['files', facts.instancePath],
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${value}`).join('\n');
}
