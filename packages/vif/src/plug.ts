import type { Vif } from '@spawnkit/instance';
import { VifError } from './errors.ts';
import { bridge } from './types/bridge.ts';
import { network } from './types/network.ts';
import { user } from './types/user.ts';
import type { VifContext, VifType } from './vif-type.ts';

const types: Readonly<Record<string, VifType>> = { bridge, network, user };

/** What {@link plug} would do for a VIF, one sentence each; touches nothing. Throws {@link VifError}. */
export function planPlug(vif: Vif): readonly string[] {
  return typeOf(vif).plan(vif);
}

/**
 * Sees whether a VIF can be plugged here, and changes nothing. Throws {@link VifError} `BRIDGE_NOT_FOUND`,
 * `INTERFACE_NOT_FOUND`, `DEVICE_CONFLICT`, `NETWORK_NOT_FOUND`, `NETWORK_INACTIVE`, `VIF_INVALID`, `VIF_TYPE_UNSUPPORTED`.
 */
export async function checkVif(vif: Vif, context: VifContext): Promise<void> {
  await typeOf(vif).check(vif, context);
}

/**
 * Makes the host ready for a VIF, before its guest is launched. Can be repeated; completes an interrupted plug. Throws
 * what {@link checkVif} throws, and errors of `ip`.
 */
export async function plug(vif: Vif, context: VifContext): Promise<void> {
  await typeOf(vif).plug(vif, context);
}

/**
 * The inverse of {@link plug}, after the guest is gone. Can be repeated, and after a plug that never happened: a VIF that
 * {@link planPlug} refuses cannot have been plugged, and nothing is done.
 */
export async function unplug(vif: Vif, context: VifContext): Promise<void> {
  if (isPluggable(vif, context)) await typeOf(vif).unplug(vif, context);
}

function isPluggable(vif: Vif, { log }: VifContext): boolean {
  try {
    planPlug(vif);
    return true;
  } catch (error) {
    if (!(error instanceof VifError)) throw error;
    log?.warn('nothing to unplug', { vif: vif.id, reason: error.message });
    return false;
  }
}

function typeOf(vif: Vif): VifType {
  const type = vif.type !== undefined && Object.hasOwn(types, vif.type) ? types[vif.type] : undefined;
  if (type) return type;
  throw new VifError(
    'VIF_TYPE_UNSUPPORTED',
    `VIF ${vif.id} is of type ${vif.type === undefined ? '(none)' : `"${vif.type}"`}; known here are ${Object.keys(types).join(', ')}`,
    { context: { vif: vif.id, type: vif.type } },
  );
}
