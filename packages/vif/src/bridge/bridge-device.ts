import { ipLink, isNamed, type Link, showLink, showPorts } from '../ip.ts';
import type { VifContext } from '../vif-type.ts';
import { readUplinkMark, type UplinkMark, uplinkMark, vifMark } from './bridge-mark.ts';
import { unfinishedName } from './bridge-name.ts';
import type { BridgeRequest } from './bridge-request.ts';

type Context = Pick<VifContext, 'exec' | 'signal'>;

/** Makes the bridge that a VIF wants; nobody sees it under its name before it is complete. */
export async function createBridge(
  { vif, name, mtu }: BridgeRequest,
  uplink: UplinkMark | undefined,
  context: Context,
): Promise<void> {
  const { exec } = context;
  const unfinished = unfinishedName(name);
  await ipLink(exec, ['add', 'name', unfinished, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0'], context);
  await addMark(unfinished, vifMark(vif), context);
  // The host itself takes no part in the guests' network: no link-local address on the bridge.
  await ipLink(exec, ['set', 'dev', unfinished, 'addrgenmode', 'none'], context);
  if (mtu !== undefined) await ipLink(exec, ['set', 'dev', unfinished, 'mtu', String(mtu)], context);
  if (uplink) {
    await addMark(unfinished, uplinkMark(uplink), context);
    await ipLink(exec, ['set', 'dev', uplink.uplink, 'master', unfinished, 'up'], context);
  }
  // Up only afterwards: older kernels rename no device that is up.
  await ipLink(exec, ['set', 'dev', unfinished, 'name', name], context);
  await ipLink(exec, ['set', 'dev', name, 'up'], context);
}

/** Removes what a {@link createBridge} that was cut off left behind. The bridge's lock must be held. */
export async function removeUnfinished(name: string, context: Context): Promise<void> {
  const found = await showLink(context.exec, unfinishedName(name), context);
  if (found) await removeBridge(found, await showPorts(context.exec, found.name, context), context);
}

/** Removes a bridge that was made here, and makes its uplink what it was. */
export async function removeBridge(bridge: Link, ports: readonly Link[], context: Context): Promise<void> {
  const { exec } = context;
  const mark = readUplinkMark(bridge);
  const isPort = mark && ports.some((port) => isNamed(port, mark.uplink));
  // Before the bridge goes, and its mark with it.
  if (isPort && !mark.wasUp) await ipLink(exec, ['set', 'dev', mark.uplink, 'nomaster', 'down'], context);
  await ipLink(exec, ['delete', 'dev', bridge.name], context);
}

export async function addMark(device: string, mark: string, { exec, signal }: Context): Promise<void> {
  await ipLink(exec, ['property', 'add', 'dev', device, 'altname', mark], { signal });
}

export async function removeMark(device: string, mark: string, { exec, signal }: Context): Promise<void> {
  await ipLink(exec, ['property', 'del', 'dev', device, 'altname', mark], { signal });
}
