import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { ipLink } from '../ip.ts';
import { readPciSlot, readVirtualFunction, type VirtualFunction } from '../pci/virtual-function.ts';
import { readVlanId } from '../vlan/vlan-request.ts';
import type { VifContext, VifType } from '../vif-type.ts';

const NO_MAC = '00:00:00:00:00:00';

/**
 * A virtual function of a card that switches by itself. For a macvtap device over it, it gets the guest's MAC address and its
 * VLAN; handed to the guest itself (`direct`), at most the right to change them. Follows `plug_hw_veb` of Nova's vif.py.
 */
export const hwVeb: VifType = {
  plan(vif) {
    const slot = readPciSlot(vif);
    if (vif.vnicType === 'macvtap') return [`give ${slot} the address ${vif.address} and ${vlanText(readVlan(vif))}`];
    return isTrusted(vif) ? [`trust ${slot}`] : [`use ${slot}`];
  },

  async check(vif, context) {
    hwVeb.plan(vif);
    await readVirtualFunction(vif, context);
  },

  async plug(vif, context) {
    if (vif.vnicType === 'macvtap') return addressFunction(vif, readVlan(vif), context);
    if (!isTrusted(vif)) return [];
    const { parent, number, address } = await readVirtualFunction(vif, context);
    await ipLink(context, ['set', 'dev', parent, 'vf', String(number), 'trust', 'on']);
    return [{ kind: 'virtual-function', name: address }];
  },

  async unplug(vif, context) {
    const isAddressed = vif.vnicType === 'macvtap';
    if (!isAddressed && vif.profile['trusted'] === undefined) return;
    const found = await findFunction(vif, context);
    if (!found) return;
    const { parent, number, device } = found;
    const cleared = isAddressed ? ['mac', NO_MAC, 'vlan', '0'] : ['trust', 'off'];
    await ipLink(context, ['set', 'dev', parent, 'vf', String(number), ...cleared]);
    if (isAddressed && device) await ipLink(context, ['set', 'dev', device, 'down']);
  },
};

async function addressFunction(vif: Vif, vlan: number, context: VifContext) {
  const { parent, number, device, address } = await readVirtualFunction(vif, context);
  await ipLink(context, ['set', 'dev', parent, 'vf', String(number), 'mac', vif.address, 'vlan', String(vlan)]);
  // Without a VLAN, Nova leaves the function's own device down.
  if (device) await ipLink(context, ['set', 'dev', device, 'address', vif.address, vlan > 0 ? 'up' : 'down']);
  return [{ kind: 'virtual-function', name: address } as const];
}

/** The function, or undefined where it is gone: then there is nothing to take back. */
async function findFunction(vif: Vif, context: VifContext): Promise<VirtualFunction | undefined> {
  try {
    return await readVirtualFunction(vif, context);
  } catch (error) {
    if (!(error instanceof VifError) || error.code !== 'PCI_NOT_FOUND') throw error;
    context.log?.warn('nothing to unplug', { vif: vif.id, reason: error.message });
    return undefined;
  }
}

/** 0 says that there is none; nothing at all, that the binding is incomplete. */
function readVlan(vif: Vif): number {
  const { vlan } = vif.details;
  if (vlan !== undefined && vlan !== null) return readVlanId(vif, vlan) ?? 0;
  throw new VifError('VIF_INVALID', `VIF ${vif.id}: its binding details lack the VLAN of its virtual function`, {
    fix: 'Correct the binding details; 0 means none.',
    context: { vif: vif.id },
  });
}

function isTrusted({ profile }: Vif): boolean {
  const { trusted } = profile;
  return trusted === true || (typeof trusted === 'string' && /^(?:1|t|true|on|y|yes)$/i.test(trusted));
}

function vlanText(vlan: number): string {
  return vlan > 0 ? `VLAN ${vlan}` : 'no VLAN';
}
