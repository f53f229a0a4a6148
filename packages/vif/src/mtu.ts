import type { Vif } from '@spawnkit/instance';
import { VifError } from './errors.ts';

/** What the kernel takes for a device that carries IP. */
const MTU = { least: 68, most: 65_535 };

/** os-vif's `network_device_mtu`: for switches, where the network says nothing. */
export const DEFAULT_MTU = 1500;

/** The MTU of a VIF's network, if it has one. Throws `VIF_INVALID`. */
export function readMtu({ id, network }: Vif): number | undefined {
  const given = network.meta['mtu'];
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= MTU.least && given <= MTU.most) return given;
  throw new VifError('VIF_INVALID', `VIF ${id}: the MTU ${JSON.stringify(given)} is none that a device can have`, {
    fix: `Give a whole number from ${MTU.least} to ${MTU.most}, or leave it out.`,
    context: { vif: id, mtu: given },
  });
}
