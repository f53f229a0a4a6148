import type { Vif } from '@spawnkit/instance';
import { checkDeviceName } from '../device-name.ts';
import { VifError } from '../errors.ts';
import { readMtu } from '../mtu.ts';
import { checkVifId } from '../vif-name.ts';
import { readVlanId, type VlanRequest } from '../vlan/vlan-request.ts';

/** What a VIF says about its bridge. */
export interface BridgeRequest {
  /** The VIF's id. */
  readonly vif: string;
  readonly name: string;
  /** The bridge is made here unless it exists. */
  readonly create: boolean;
  /** The device that carries the guests' traffic out of the host. */
  readonly uplink: string | undefined;
  /** The VLAN device that has to be made to be that uplink. */
  readonly vlan: VlanRequest | undefined;
  readonly mtu: number | undefined;
  /** Nobody filters its ports elsewhere: the host's firewall must let the bridge's traffic pass. */
  readonly forward: boolean;
}

/** Throws {@link VifError} `VIF_INVALID`. */
export function readBridgeRequest(vif: Vif): BridgeRequest {
  const { meta, bridge } = vif.network;
  const create = meta['should_create_bridge'] === true && meta['multi_host'] !== true;
  const carrier = readCarrier(vif, meta['bridge_interface']);
  const vlan = create && meta['should_create_vlan'] === true ? readBridgeVlan(vif, carrier) : undefined;
  return {
    vif: checkVifId(vif),
    name: checkDeviceName(vif, 'the bridge', bridge),
    create,
    uplink: vlan?.name ?? carrier,
    vlan,
    mtu: readMtu(vif),
    forward: create && vif.details['port_filter'] === false,
  };
}

/** os-vif names the device after the VLAN alone. */
function readBridgeVlan(vif: Vif, carrier: string | undefined): VlanRequest {
  const id = readVlanId(vif, vif.network.meta['vlan']);
  if (id !== undefined && carrier !== undefined) return { vif: checkVifId(vif), name: `vlan${id}`, carrier, id };
  throw new VifError('VIF_INVALID', `VIF ${vif.id}: a network with should_create_vlan lacks vlan or bridge_interface`, {
    fix: 'Give both in the meta of the network, or leave should_create_vlan out.',
    context: { vif: vif.id, vlan: vif.network.meta['vlan'], bridgeInterface: carrier },
  });
}

function readCarrier(vif: Vif, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  return checkDeviceName(vif, 'bridge_interface', given);
}
