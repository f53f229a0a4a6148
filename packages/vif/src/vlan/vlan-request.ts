import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';

/** A VLAN device that a VIF wants. */
export interface VlanRequest {
  /** The VIF's id. */
  readonly vif: string;
  /** Of the device. */
  readonly name: string;
  /** The device below, which passes the tagged frames. */
  readonly carrier: string;
  readonly id: number;
}

/** A VLAN's number, which Nova also has as text; undefined where there is none. Throws `VIF_INVALID`. */
export function readVlanId({ id: vif }: Vif, given: unknown): number | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  const id = typeof given === 'string' && /^\d{1,4}$/.test(given) ? Number(given) : given;
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 4094) return id === 0 ? undefined : id;
  throw new VifError('VIF_INVALID', `VIF ${vif}: ${JSON.stringify(given)} is no VLAN`, {
    fix: 'Give a whole number from 1 to 4094; 0 means none.',
    context: { vif, vlan: given },
  });
}
