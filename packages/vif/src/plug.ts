import type { Vif } from '@spawnkit/instance';
import { VifError } from './errors.ts';
import type { HostPart, VifContext } from './vif-type.ts';
import { vifTypeOf } from './vif-types.ts';

/** What {@link plug} would do for a VIF, one sentence each; touches nothing. Throws {@link VifError}. */
export function planPlug(vif: Vif): readonly string[] {
  return vifTypeOf(vif).plan(vif);
}

/**
 * Sees whether a VIF can be plugged here, and changes nothing. Throws {@link VifError} `BRIDGE_NOT_FOUND`,
 * `INTERFACE_NOT_FOUND`, `DEVICE_CONFLICT`, `NETWORK_NOT_FOUND`, `NETWORK_INACTIVE`, `SWITCH_UNAVAILABLE`, `PCI_NOT_FOUND`,
 * `VIF_INVALID`, `VIF_TYPE_UNSUPPORTED`.
 */
export async function checkVif(vif: Vif, context: VifContext): Promise<void> {
  await vifTypeOf(vif).check(vif, context);
}

/**
 * Makes the host ready for a VIF, before its guest is launched. Can be repeated; completes an interrupted plug. Answers what
 * is there for the VIF and goes with {@link unplug}, which needs nothing but the VIF itself. Throws what {@link checkVif}
 * throws, and errors of the commands.
 */
export async function plug(vif: Vif, context: VifContext): Promise<readonly HostPart[]> {
  planPlug(vif);
  return vifTypeOf(vif).plug(vif, context);
}

/**
 * The inverse of {@link plug}, after the guest is gone. Can be repeated, and after a plug that never happened: a VIF that
 * {@link planPlug} refuses cannot have been plugged, and nothing is done.
 */
export async function unplug(vif: Vif, context: VifContext): Promise<void> {
  if (isPluggable(vif, context)) await vifTypeOf(vif).unplug(vif, context);
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
