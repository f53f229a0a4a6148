import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { deleteLink, ipLink, type Link, showLink } from '../ip.ts';
import { DEFAULT_MTU, readMtu } from '../mtu.ts';
import { portDeviceName } from '../vif-name.ts';
import type { VifContext, VifType } from '../vif-type.ts';
import { datapathType } from './port-facts.ts';
import { checkSwitch, ensurePort, removePort, switchName } from './switch-port.ts';

/**
 * Hybrid plugging: a Linux bridge of the VIF's own between guest and switch, so that the host's firewall sees the guest's
 * packets, and a veth pair from there to the switch. All names come from the port, so whatever has them is the VIF's own: every
 * plug looks at all of it, and repairs what is missing or wrong. Follows os-vif's ovs plugin.
 */
export const hybrid: VifType = {
  plan(vif) {
    const { bridge, inner, outer } = names(vif);
    return [
      `create the bridge ${bridge}`,
      `create the veth pair ${inner} and ${outer}, MTU ${readMtu(vif) ?? DEFAULT_MTU}, with ${inner} a port of ${bridge}`,
      `make ${outer} a port of ${switchName(vif)} on Open vSwitch`,
    ];
  },

  async check(vif, context) {
    const { bridge } = names(vif);
    checkBridge(vif, await showLink(context, bridge));
    await checkSwitch(context);
  },

  async plug(vif, context) {
    const { bridge, inner, outer } = names(vif);
    const mtu = String(readMtu(vif) ?? DEFAULT_MTU);
    await ensureBridge(vif, bridge, context);
    await ensurePair(inner, outer, context);
    await ipLink(context, ['set', 'dev', inner, 'master', bridge, 'promisc', 'on', 'mtu', mtu, 'up']);
    await ipLink(context, ['set', 'dev', outer, 'promisc', 'on', 'mtu', mtu, 'up']);
    const deviceIndex = (await showLink(context, outer))?.index;
    await ensurePort({ vif, name: outer, deviceIndex }, datapathType(vif) ?? 'system', context);
    return [
      { kind: 'bridge', name: bridge },
      { kind: 'device', name: inner },
      { kind: 'device', name: outer },
      { kind: 'ovs-port', name: outer },
    ];
  },

  /** The devices go also where the switch does not answer; then its error is thrown in the end. */
  async unplug(vif, context) {
    const { bridge, inner, outer } = names(vif);
    const [port] = await Promise.allSettled([removePort(vif, outer, context)]);
    await deleteLink(context, bridge);
    // One end takes the other with it, unless it was moved into another namespace.
    await deleteLink(context, outer);
    await deleteLink(context, inner);
    if (port.status === 'rejected') throw port.reason;
  },
};

function names(vif: Vif) {
  return {
    bridge: portDeviceName('qbr', vif),
    inner: portDeviceName('qvb', vif),
    outer: portDeviceName('qvo', vif),
  };
}

async function ensureBridge(vif: Vif, name: string, context: VifContext): Promise<void> {
  const found = await showLink(context, name);
  checkBridge(vif, found);
  if (!found) {
    const settings = ['ageing_time', '0', 'forward_delay', '0', 'stp_state', '0', 'mcast_snooping', '0'];
    await ipLink(context, ['add', 'name', name, 'type', 'bridge', ...settings]);
  }
  await ipLink(context, ['set', 'dev', name, 'addrgenmode', 'none']);
  await ipLink(context, ['set', 'dev', name, 'up']);
}

function checkBridge(vif: Vif, found: Link | undefined): void {
  if (!found || found.kind === 'bridge') return;
  const { name, kind } = found;
  throw new VifError(
    'DEVICE_CONFLICT',
    `VIF ${vif.id}: "${name}" is a ${kind ?? 'network'} device, not a Linux bridge`,
    {
      fix: `Remove it: ip link delete ${name}`,
      context: { vif: vif.id, device: name, kind },
    },
  );
}

/** Half a pair, or ends of two different pairs, are of no use to anybody. */
async function ensurePair(inner: string, outer: string, context: VifContext): Promise<void> {
  const [one, other] = [await showLink(context, inner), await showLink(context, outer)];
  if (one && other && one.link === outer && other.link === inner) return;
  if (one) await ipLink(context, ['delete', 'dev', inner]);
  if (other) await deleteLink(context, outer);
  await ipLink(context, ['add', 'name', inner, 'type', 'veth', 'peer', 'name', outer]);
}
