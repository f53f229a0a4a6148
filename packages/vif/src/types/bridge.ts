import { acquireLock } from '@spawnkit/effects';
import { checkFoundBridge, checkUplink, missingBridge } from '../bridge/bridge-checks.ts';
import { addMark, createBridge, removeBridge, removeMark, removeUnfinished } from '../bridge/bridge-device.ts';
import { readUplinkMark, vifMark, vifMarks } from '../bridge/bridge-mark.ts';
import { bridgeKey } from '../bridge/bridge-name.ts';
import { type BridgeRequest, readBridgeRequest } from '../bridge/bridge-request.ts';
import { ipLink, isNamed, type Link, showLink, showPorts } from '../ip.ts';
import type { VifContext, VifType } from '../vif-type.ts';

/**
 * A Linux bridge. libvirt makes and removes the guest's tap device; plugging only sees to the bridge, and makes it where
 * the network says `should_create_bridge`, as os-vif's linux_bridge plugin does.
 *
 * A bridge made here carries one alternative name per VIF that uses it, kept by the kernel itself. Whoever takes away the
 * last one removes the bridge; a bridge without such names is somebody else's and stays as it is.
 */
export const bridge: VifType = {
  plan(vif) {
    const { name, create, uplink, mtu } = readBridgeRequest(vif);
    if (!create) return [`use the bridge ${name}`];
    return [
      `create the bridge ${name} unless it exists`,
      ...(uplink ? [`make ${uplink} a port of ${name}`] : []),
      ...(mtu === undefined ? [] : [`set the MTU of ${name} to ${mtu}`]),
    ];
  },

  async check(vif, context) {
    const request = readBridgeRequest(vif);
    const found = await showLink(context.exec, request.name, context);
    if (found) checkFoundBridge(request, found);
    else if (request.create) await checkUplink(request, context);
    else throw missingBridge(request);
  },

  async plug(vif, context) {
    const request = readBridgeRequest(vif);
    if (!request.create) return bridge.check(vif, context);
    await using _lock = await acquireLock(lockOf(request, context));
    await removeUnfinished(request.name, context);
    const found = await showLink(context.exec, request.name, context);
    if (found) await joinBridge(request, found, context);
    else await createBridge(request, await checkUplink(request, context), context);
  },

  async unplug(vif, context) {
    const request = readBridgeRequest(vif);
    if (!request.create) return;
    await using _lock = await acquireLock(lockOf(request, context));
    await removeUnfinished(request.name, context);
    const found = await showLink(context.exec, request.name, context);
    if (found?.alternativeNames.includes(vifMark(request.vif))) await leaveBridge(request, found, context);
  },
};

async function joinBridge(request: BridgeRequest, found: Link, context: VifContext): Promise<void> {
  checkFoundBridge(request, found);
  if (vifMarks(found).length === 0) {
    if (!found.up) context.log?.warn('the bridge is down, and not ours to change', { bridge: found.name });
    return;
  }
  const mark = vifMark(request.vif);
  if (!found.alternativeNames.includes(mark)) await addMark(found.name, mark, context);
  // Cut off after it had got its name.
  if (!found.up) await ipLink(context.exec, ['set', 'dev', found.name, 'up'], context);
}

async function leaveBridge(request: BridgeRequest, found: Link, context: VifContext): Promise<void> {
  const { exec, log } = context;
  const mark = vifMark(request.vif);
  const ports = await showPorts(exec, found.name, context);
  const uplink = readUplinkMark(found)?.uplink;
  const strangers = ports.filter((port) => !uplink || !isNamed(port, uplink)).map((port) => port.name);
  const isLast = vifMarks(found).every((one) => one === mark);
  if (isLast && strangers.length === 0) return removeBridge(found, ports, context);
  if (isLast) log?.warn('bridge kept, it has ports that are not ours', { bridge: found.name, ports: strangers });
  await removeMark(found.name, mark, context);
}

function lockOf({ name }: BridgeRequest, { locksPath, signal }: VifContext) {
  return { directory: locksPath, name: `bridge-${bridgeKey(name)}`, signal };
}
