import { acquireLock } from '@spawnkit/effects';
import { checkFoundBridge, checkUplink, missingBridge } from '../bridge/bridge-checks.ts';
import { addMark, createBridge, removeBridge, removeMark, removeUnfinished } from '../bridge/bridge-device.ts';
import { readUplinkMark, vifMark, vifMarks } from '../bridge/bridge-mark.ts';
import { deviceKey } from '../bridge/bridge-name.ts';
import { type BridgeRequest, readBridgeRequest } from '../bridge/bridge-request.ts';
import { forwardBridge, unforwardBridge } from '../firewall/iptables.ts';
import { moveAddresses } from '../ip-addresses.ts';
import { ipLink, isNamed, type Link, showLink, showPorts } from '../ip.ts';
import type { HostPart, VifContext, VifType } from '../vif-type.ts';
import { checkVlan, ensureVlan, leaveVlan } from '../vlan/vlan-device.ts';

/**
 * A Linux bridge. libvirt makes and removes the guest's tap device; plugging only sees to the bridge, and makes it where
 * the network says `should_create_bridge`, as os-vif's linux_bridge plugin does.
 *
 * A bridge made here carries one alternative name per VIF that uses it, kept by the kernel itself. Whoever takes away the
 * last one removes the bridge; a bridge without such names is somebody else's and stays as it is.
 */
export const bridge: VifType = {
  plan(vif) {
    const { name, create, uplink, vlan, mtu, forward } = readBridgeRequest(vif);
    if (!create) return [`use the bridge ${name}`];
    return [
      ...(vlan ? [`create ${vlan.name} for VLAN ${vlan.id} of ${vlan.carrier} unless it exists`] : []),
      `create the bridge ${name} unless it exists`,
      ...(uplink ? [`make ${uplink} a port of ${name}`] : []),
      ...(mtu === undefined ? [] : [`set the MTU of ${name} to ${mtu}`]),
      ...(forward ? [`let iptables forward from and to ${name}`] : []),
    ];
  },

  async check(vif, context) {
    const request = readBridgeRequest(vif);
    const found = await showLink(context, request.name);
    if (found) checkFoundBridge(request, found);
    else if (!request.create) throw missingBridge(request);
    else if (!request.vlan || (await checkVlan(request.vlan, context))) await checkUplink(request, context);
  },

  async plug(vif, context) {
    const request = readBridgeRequest(vif);
    if (!request.create) {
      await bridge.check(vif, context);
      return [];
    }
    if (request.vlan) await ensureVlan(request.vlan, context);
    await plugBridge(request, context);
    return parts(request);
  },

  async unplug(vif, context) {
    const request = readBridgeRequest(vif);
    if (!request.create) return;
    await unplugBridge(request, context);
    if (request.vlan) await leaveVlan(request.vlan, context);
  },
};

async function plugBridge(request: BridgeRequest, context: VifContext): Promise<void> {
  await using _lock = await acquireLock(lockOf(request, context));
  await removeUnfinished(request.name, context);
  const found = await showLink(context, request.name);
  if (found) checkFoundBridge(request, found);
  if (found && vifMarks(found).length === 0) {
    if (!found.up) context.log?.warn('the bridge is down, and not ours to change', { bridge: found.name });
    return;
  }
  if (found) await joinBridge(request, found, context);
  else await createBridge(request, await checkUplink(request, context), context);
  if (request.forward) await forwardBridge(request.name, context);
}

async function unplugBridge(request: BridgeRequest, context: VifContext): Promise<void> {
  await using _lock = await acquireLock(lockOf(request, context));
  await removeUnfinished(request.name, context);
  const found = await showLink(context, request.name);
  if (found?.alternativeNames.includes(vifMark(request.vif))) await leaveBridge(request, found, context);
  // Removed by somebody else.
  else if (!found && request.forward) await unforwardBridge(request.name, context);
}

async function joinBridge(request: BridgeRequest, found: Link, context: VifContext): Promise<void> {
  const mark = vifMark(request.vif);
  if (!found.alternativeNames.includes(mark)) await addMark(found.name, mark, context);
  // Cut off after it had got its name.
  if (!found.up) await ipLink(context, ['set', 'dev', found.name, 'up']);
  if (request.uplink) await moveAddresses(context, request.uplink, found.name);
}

async function leaveBridge(request: BridgeRequest, found: Link, context: VifContext): Promise<void> {
  const mark = vifMark(request.vif);
  const ports = await showPorts(context, found.name);
  const uplink = readUplinkMark(found)?.uplink;
  const strangers = ports.filter((port) => !uplink || !isNamed(port, uplink)).map((port) => port.name);
  const isLast = vifMarks(found).every((one) => one === mark);
  if (isLast && request.forward) await unforwardBridge(found.name, context);
  if (isLast && strangers.length === 0) return removeBridge(found, ports, context);
  if (isLast)
    context.log?.warn('bridge kept, it has ports that are not ours', { bridge: found.name, ports: strangers });
  await removeMark(found.name, mark, context);
}

function parts({ name, vlan }: BridgeRequest): readonly HostPart[] {
  return [...(vlan ? [{ kind: 'device', name: vlan.name } as const] : []), { kind: 'bridge', name }];
}

function lockOf({ name }: BridgeRequest, { locksPath, signal }: VifContext) {
  return { directory: locksPath, name: `bridge-${deviceKey(name)}`, signal };
}
