import type { Vif } from '@spawnkit/instance';
import { checkDeviceName } from './device-name.ts';
import { VifError } from './errors.ts';

/** The longest device name that Nova makes up: 14 characters, of which three are the prefix. */
const NAME_LENGTH = 14;

/** The prefixes of names made from a port's id: any device, hybrid bridge, its two veth ends, vhost-user port. */
export type NamePrefix = 'nic' | 'qbr' | 'qvb' | 'qvo' | 'vhu';

/** The guest's device on the host: as the network service named it, or after the port. Throws `VIF_INVALID`. */
export function vifDeviceName(vif: Vif): string {
  return checkDeviceName(vif, 'devname', vif.devname ?? prefixedName('nic', vif));
}

/** A device name after the port: `qbr` and the start of its id. Throws `VIF_INVALID`. */
export function portDeviceName(prefix: NamePrefix, vif: Vif): string {
  return checkDeviceName(vif, 'the name after its id,', prefixedName(prefix, vif));
}

/** Such a name, whatever it is good for. */
export function prefixedName(prefix: NamePrefix, { id }: Pick<Vif, 'id'>): string {
  return `${prefix}${id}`.slice(0, NAME_LENGTH);
}

/** The id, which becomes part of alternative names and arguments. Throws `VIF_INVALID`. */
export function checkVifId({ id }: Vif): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) return id;
  throw new VifError('VIF_INVALID', `VIF ${JSON.stringify(id)}: its id cannot mark a device`, {
    fix: 'Give an id of at most 64 letters, digits, dots, dashes and underscores, such as a UUID.',
    context: { vif: id },
  });
}
