import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VifError } from '../errors.ts';
import type { VifContext } from '../vif-type.ts';
import type { VirtualFunction } from './virtual-function.ts';

/**
 * The device that stands for a function in the switch of its card: it has the card's `phys_switch_id`, and a `phys_port_name`
 * such as `pf0vf2`, or `2` of older drivers. Throws `PCI_NOT_FOUND`.
 */
export async function readRepresentor(
  { address, number, parent }: VirtualFunction,
  { sysPath = '/sys' }: Pick<VifContext, 'sysPath'>,
): Promise<string> {
  const devices = join(sysPath, 'class/net');
  const facts = (name: string, fact: string) => readFact(join(devices, name, fact));
  const card = await facts(parent, 'phys_switch_id');
  const pf = /(?:^|\D)p(?:f)?(\d+)$/.exec((await facts(parent, 'phys_port_name')) ?? '')?.[1];
  for (const name of card === undefined ? [] : await readdir(devices)) {
    if (name === parent || (await facts(name, 'phys_switch_id')) !== card) continue;
    const port = /^(?:(?:c\d+)?pf(\d+)vf)?(\d+)$/.exec((await facts(name, 'phys_port_name')) ?? '');
    const isOfCard = port?.[1] === undefined || pf === undefined || port[1] === pf;
    if (port && isOfCard && Number(port[2]) === number) return name;
  }
  throw new VifError('PCI_NOT_FOUND', `${address} (function ${number} of "${parent}") has no representor`, {
    fix: `Put the card into switchdev mode: devlink dev eswitch set pci/… mode switchdev`,
    context: { address, number, parent },
  });
}

/** Undefined where the driver does not say. */
async function readFact(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() || undefined;
}
