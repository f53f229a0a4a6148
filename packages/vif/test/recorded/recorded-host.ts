import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The one network card with functions that recordings have: its device, and the representor of the function that is lent. */
export const recordedCard = { device: 'eth1', address: '0000:05:00.0', number: 1, representor: 'eth1_1' };

/** Makes a tree such as `/sys`, in which a function belongs to that card. */
export async function makeSysTree(root: string, slot: string): Promise<void> {
  const { device, address, number, representor } = recordedCard;
  const devices = join(root, 'bus/pci/devices');
  await mkdir(join(devices, address, 'net', device), { recursive: true });
  await mkdir(join(devices, slot), { recursive: true });
  await symlink(`../${slot}`, join(devices, address, `virtfn${number}`));
  await symlink(`../${address}`, join(devices, slot, 'physfn'));
  const ports = { [device]: 'p0', [representor]: `pf0vf${number}` };
  for (const [name, port] of Object.entries(ports)) {
    const place = join(root, 'class/net', name);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'phys_switch_id'), 'abcdef\n');
    await writeFile(join(place, 'phys_port_name'), `${port}\n`);
  }
}
