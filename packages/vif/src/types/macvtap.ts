import type { Vif } from '@spawnkit/instance';
import { checkDeviceName } from '../device-name.ts';
import { VifError } from '../errors.ts';
import { showLink } from '../ip.ts';
import type { VifType } from '../vif-type.ts';
import { checkVifId } from '../vif-name.ts';
import { checkVlan, ensureVlan, leaveVlan } from '../vlan/vlan-device.ts';
import { readVlanId, type VlanRequest } from '../vlan/vlan-request.ts';

/** A macvtap device, which libvirt makes, over a device of the host; that may be a VLAN device, which is made here. */
export const macvtap: VifType = {
  plan(vif) {
    const vlan = readVlan(vif);
    const source = readSource(vif) ?? '(none)';
    return vlan
      ? [`create ${vlan.name} for VLAN ${vlan.id} of ${vlan.carrier} unless it exists`]
      : [`use ${source} for a macvtap device`];
  },

  async check(vif, context) {
    const vlan = readVlan(vif);
    if (vlan) {
      await checkVlan(vlan, context);
      return;
    }
    const source = readSource(vif);
    if (source === undefined || (await showLink(context, source))) return;
    throw new VifError('INTERFACE_NOT_FOUND', `VIF ${vif.id}: there is no device "${source}" for its macvtap device`, {
      fix: 'Correct macvtap_source of the binding details.',
      context: { vif: vif.id, source },
    });
  },

  async plug(vif, context) {
    const vlan = readVlan(vif);
    if (!vlan) return [];
    await ensureVlan(vlan, context);
    return [{ kind: 'device', name: vlan.name }];
  },

  async unplug(vif, context) {
    const vlan = readVlan(vif);
    if (vlan) await leaveVlan(vlan, context);
  },
};

function readVlan(vif: Vif): VlanRequest | undefined {
  const { vlan, macvtap_source: source, physical_interface: carrier } = vif.details;
  const id = readVlanId(vif, vlan);
  if (id === undefined) return undefined;
  return {
    vif: checkVifId(vif),
    name: checkDeviceName(vif, 'macvtap_source', source),
    carrier: checkDeviceName(vif, 'physical_interface', carrier),
    id,
  };
}

function readSource(vif: Vif): string | undefined {
  const source = vif.details['macvtap_source'];
  return source === undefined || source === null ? undefined : checkDeviceName(vif, 'macvtap_source', source);
}
