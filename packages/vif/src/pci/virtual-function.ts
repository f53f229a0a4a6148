import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import type { VifContext } from '../vif-type.ts';

/** A function that a network card lends to a guest. */
export interface VirtualFunction {
  /** `0000:05:01.2`. */
  readonly address: string;
  /** Which one of its card. */
  readonly number: number;
  /** The device of the card itself. */
  readonly parent: string;
  /** Its own device, while the host's driver has it. */
  readonly device: string | undefined;
}

type Context = Pick<VifContext, 'sysPath'>;

/** The PCI address in a VIF's binding profile. Throws `VIF_INVALID`. */
export function readPciSlot({ id, profile }: Vif): string {
  const slot = profile['pci_slot'];
  if (typeof slot === 'string' && /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(slot)) return slot;
  throw new VifError('VIF_INVALID', `VIF ${id}: pci_slot ${JSON.stringify(slot)} of its profile is no PCI address`, {
    fix: 'Bind the port again; an address looks like 0000:05:01.2.',
    context: { vif: id, pciSlot: slot },
  });
}

/** What the kernel shows of the VIF's function. Throws `VIF_INVALID`, `PCI_NOT_FOUND`. */
export async function readVirtualFunction(vif: Vif, context: Context): Promise<VirtualFunction> {
  const address = readPciSlot(vif);
  const place = join(context.sysPath ?? '/sys', 'bus/pci/devices', address);
  const parents = await list(join(place, 'physfn/net'));
  const number = await numberOf(place, address);
  const [parent] = parents;
  if (parent === undefined || number === undefined) throw notFound(vif, address);
  const [device] = await list(join(place, 'net'));
  return { address, number, parent, device };
}

/** The card links to its functions as `virtfn0`, `virtfn1`, … */
async function numberOf(place: string, address: string): Promise<number | undefined> {
  for (const entry of await list(join(place, 'physfn'))) {
    const number = /^virtfn(\d+)$/.exec(entry)?.[1];
    if (number !== undefined && basename(await readlink(join(place, 'physfn', entry))) === address)
      return Number(number);
  }
  return undefined;
}

async function list(directory: string): Promise<readonly string[]> {
  return (await readdir(directory).catch(() => [])).sort((one, other) => (one < other ? -1 : 1));
}

function notFound({ id }: Vif, address: string): VifError {
  return new VifError('PCI_NOT_FOUND', `VIF ${id}: ${address} is no virtual function of a network card of this host`, {
    fix: 'See `ls /sys/bus/pci/devices`; bind the port again, or load the driver of the card.',
    context: { vif: id, address },
  });
}
