import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import type { MachineType } from './host-facts.ts';

/** Machine types without a PCI bus, which disks and graphics of every guest need. */
const withoutPci: readonly string[] = ['isapc', 'microvm', 'x-remote', 'versatilepb'];

/**
 * Throws `MACHINE_TYPE_UNAVAILABLE` when the host has not the machine type for the architecture (Nova accepts one of any
 * architecture), or when it is one without PCI, which libvirt would refuse.
 */
export function checkMachine(policy: GuestPolicy): void {
  const { arch, machine } = policy;
  const known = machineTypes(policy)
    .map(({ name }) => name)
    .filter((name) => !withoutPci.includes(name));
  if (machine !== undefined && known.includes(machine)) return;
  const wish = machine === undefined ? 'default machine type' : `machine type "${machine}" with a PCI bus`;
  throw new DesignerError('MACHINE_TYPE_UNAVAILABLE', `The host has no ${wish} for ${arch} guests.`, {
    context: { machine, arch },
    fix: `Choose the image's property hw_machine_type among ${known.join(', ') || 'those of another host'}.`,
  });
}

/** The machine type without aliases, for which firmware is made; undefined where no machine type is known. */
export function canonicalMachine(policy: GuestPolicy): string | undefined {
  const { machine } = policy;
  return machineTypes(policy).find(({ name }) => name === machine)?.canonical ?? machine;
}

function machineTypes({ arch, host }: GuestPolicy): readonly MachineType[] {
  return host.guests.filter((guest) => guest.arch === arch).flatMap(({ machines }) => machines);
}
