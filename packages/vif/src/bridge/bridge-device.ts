import { moveAddresses } from '../ip-addresses.ts';
import { keepHostOut } from './host-part.ts';
import { ipLink, isNamed, type Link, showLink, showPorts } from '../ip.ts';
import type { VifContext } from '../vif-type.ts';
import { readUplinkMark, type UplinkMark, uplinkMarks, vifMark } from './bridge-mark.ts';
import { unfinishedName } from './bridge-name.ts';
import type { BridgeRequest } from './bridge-request.ts';

type Context = Pick<VifContext, 'exec' | 'signal'>;

/** Makes the bridge that a VIF wants; nobody sees it under its name before it is complete. */
export async function createBridge(
  { vif, name, mtu }: BridgeRequest,
  uplink: UplinkMark | undefined,
  context: Context,
): Promise<void> {
  const unfinished = unfinishedName(name);
  await ipLink(context, ['add', 'name', unfinished, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0']);
  await addMark(unfinished, vifMark(vif), context);
  await keepHostOut(unfinished, context);
  if (uplink) await takeUplink(unfinished, uplink, mtu, context);
  if (mtu !== undefined) await ipLink(context, ['set', 'dev', unfinished, 'mtu', String(mtu)]);
  // Up only afterwards: older kernels rename no device that is up.
  await ipLink(context, ['set', 'dev', unfinished, 'name', name]);
  await ipLink(context, ['set', 'dev', name, 'up']);
  if (uplink) await moveAddresses(context, uplink.uplink, name);
}

/** Removes what a {@link createBridge} that was cut off left behind. The bridge's lock must be held. */
export async function removeUnfinished(name: string, context: Context): Promise<void> {
  const found = await showLink(context, unfinishedName(name));
  if (found) await removeBridge(found, await showPorts(context, found.name), context);
}

/** Removes a bridge that was made here, and makes its uplink what it was. */
export async function removeBridge(bridge: Link, ports: readonly Link[], context: Context): Promise<void> {
  const mark = readUplinkMark(bridge);
  // Before the bridge goes, and its marks with it.
  if (mark && ports.some((port) => isNamed(port, mark.uplink))) await giveUplinkBack(bridge.name, mark, context);
  // Cut off between giving it back and here, or before its addresses were all there.
  else if (mark && (await showLink(context, mark.uplink))) await moveAddresses(context, bridge.name, mark.uplink);
  await ipLink(context, ['delete', 'dev', bridge.name]);
}

export async function addMark(device: string, mark: string, context: Context): Promise<void> {
  await ipLink(context, ['property', 'add', 'dev', device, 'altname', mark]);
}

export async function removeMark(device: string, mark: string, context: Context): Promise<void> {
  await ipLink(context, ['property', 'del', 'dev', device, 'altname', mark]);
}

async function takeUplink(bridge: string, mark: UplinkMark, mtu: number | undefined, context: Context): Promise<void> {
  for (const one of uplinkMarks(mark)) await addMark(bridge, one, context);
  const raised = mark.formerMtu === undefined || mtu === undefined ? [] : ['mtu', String(mtu)];
  await ipLink(context, ['set', 'dev', mark.uplink, 'master', bridge, 'up', ...raised]);
}

async function giveUplinkBack(bridge: string, mark: UplinkMark, context: Context): Promise<void> {
  const mtu = mark.formerMtu === undefined ? [] : ['mtu', String(mark.formerMtu)];
  const state = mark.wasUp ? [] : ['down'];
  await ipLink(context, ['set', 'dev', mark.uplink, 'nomaster', ...state, ...mtu]);
  await moveAddresses(context, bridge, mark.uplink);
}
