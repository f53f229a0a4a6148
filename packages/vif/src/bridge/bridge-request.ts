import type { Vif } from '@spawnkit/instance';
import { checkDeviceName } from '../device-name.ts';
import { VifError } from '../errors.ts';

/** What a VIF says about its bridge. */
export interface BridgeRequest {
  /** The VIF's id. */
  readonly vif: string;
  readonly name: string;
  /** The bridge is made here unless it exists. */
  readonly create: boolean;
  /** The device that carries the guests' traffic out of the host. */
  readonly uplink: string | undefined;
  readonly mtu: number | undefined;
}

/** What the kernel takes for a bridge. */
const MTU = { least: 68, most: 65_535 };

/** Throws {@link VifError} `VIF_INVALID`, and `VIF_TYPE_UNSUPPORTED` for a bridge over a VLAN device. */
export function readBridgeRequest(vif: Vif): BridgeRequest {
  const { meta, bridge } = vif.network;
  return {
    vif: checkId(vif),
    name: checkDeviceName(vif, 'the bridge', bridge),
    create: wantsBridge(vif),
    uplink: readUplink(vif, meta['bridge_interface']),
    mtu: readMtu(vif, meta['mtu']),
  };
}

/** The id becomes part of a device's alternative name. */
function checkId({ id }: Vif): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) return id;
  throw new VifError('VIF_INVALID', `VIF ${JSON.stringify(id)}: its id cannot mark a bridge`, {
    fix: 'Give an id of at most 64 letters, digits, dots, dashes and underscores, such as a UUID.',
    context: { vif: id },
  });
}

function wantsBridge(vif: Vif): boolean {
  const { meta } = vif.network;
  if (meta['should_create_vlan'] === true) {
    throw new VifError(
      'VIF_TYPE_UNSUPPORTED',
      `VIF ${vif.id}: a bridge over a VLAN device is not made by this version`,
      {
        fix: "Create the VLAN device and the bridge in the host's network configuration and leave should_create_vlan out.",
        context: { vif: vif.id },
      },
    );
  }
  return meta['should_create_bridge'] === true && meta['multi_host'] !== true;
}

function readUplink(vif: Vif, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  return checkDeviceName(vif, 'bridge_interface', given);
}

function readMtu(vif: Vif, given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= MTU.least && given <= MTU.most) return given;
  throw new VifError('VIF_INVALID', `VIF ${vif.id}: the MTU ${JSON.stringify(given)} is none that a bridge can have`, {
    fix: `Give a whole number from ${MTU.least} to ${MTU.most}, or leave it out.`,
    context: { vif: vif.id, mtu: given },
  });
}
