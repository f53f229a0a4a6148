import type { Vif } from '@spawnkit/instance';
import { VifError } from './errors.ts';
import { hybrid } from './ovs/hybrid.ts';
import { native, representor } from './ovs/native.ts';
import { isHybrid } from './ovs/port-facts.ts';
import { bridge } from './types/bridge.ts';
import { hwVeb } from './types/hw-veb.ts';
import { macvtap } from './types/macvtap.ts';
import { network } from './types/network.ts';
import { nothing } from './types/nothing.ts';
import { tap } from './types/tap.ts';
import { ibHostdev, iovisor, midonet } from './types/vendor.ts';
import { vhostuser, vhostuserOvs } from './types/vhostuser.ts';
import type { VifType } from './vif-type.ts';

/** How a VIF meets the host. Throws {@link VifError} `VIF_TYPE_UNSUPPORTED`. */
export function vifTypeOf(vif: Vif): VifType {
  const { id, type } = vif;
  const found = type !== undefined && Object.hasOwn(types, type) ? types[type] : undefined;
  if (found) return typeof found === 'function' ? found(vif) : found;
  const named = type === undefined ? 'has no type' : `is of type "${type}"`;
  throw new VifError('VIF_TYPE_UNSUPPORTED', `VIF ${id} ${named}; known here are ${Object.keys(types).join(', ')}`, {
    fix: 'Bind the port again; `unbound` and `binding_failed` say that the network service could not.',
    context: { vif: id, type },
  });
}

const types: Readonly<Record<string, VifType | ((vif: Vif) => VifType)>> = {
  network,
  user: nothing("use QEMU's user networking"),
  bridge,
  ovs: switched,
  agilio_ovs: (vif) => (isForAgilio(vif) ? elsewhere(vif, 'agilio_ovs') : switched(vif)),
  tap,
  macvtap,
  vhostuser: shared,
  hw_veb: hwVeb,
  hostdev_physical: nothing('use the PCI device as it is'),
  ib_hostdev: ibHostdev,
  '802.1qbg': nothing('leave the connection to libvirt and the switch outside (802.1Qbg)'),
  '802.1qbh': nothing('leave the connection to libvirt and the switch outside (802.1Qbh)'),
  midonet,
  iovisor,
  ivs: (vif) => elsewhere(vif, 'ivs'),
  vrouter: (vif) => elsewhere(vif, 'vrouter'),
};

function switched(vif: Vif): VifType {
  if (vif.vnicType === 'direct' || vif.vnicType === 'vdpa') return representor;
  if (vif.vnicType === 'remote-managed') return nothing('leave the connection to the card that is a host itself');
  return isHybrid(vif) ? hybrid : native;
}

function isForAgilio({ vnicType }: Vif): boolean {
  return vnicType === 'direct' || vnicType === 'virtio-forwarder';
}

function shared(vif: Vif): VifType {
  const { details } = vif;
  if (details['vhostuser_fp_plug'] === true) return elsewhere(vif, 'vhostuser_fp');
  if (details['vhostuser_ovs_plug'] === true) return vhostuserOvs;
  return details['vhostuser_vrouter_plug'] === true ? elsewhere(vif, 'contrail_vrouter') : vhostuser;
}

/** Switches whose makers have their own plugins for os-vif. */
function elsewhere({ id, type }: Vif, plugin: string): never {
  throw new VifError('VIF_TYPE_UNSUPPORTED', `VIF ${id} of type "${type}" is connected by os-vif's plugin ${plugin}`, {
    fix: 'That plugin has no counterpart here; bind the port to another switch.',
    context: { vif: id, type, plugin },
  });
}
