import { EffectsError } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { deleteLink, ip, ipLink, type Link, showLink } from '../ip.ts';
import { readMtu } from '../mtu.ts';
import { vifDeviceName } from '../vif-name.ts';
import type { VifContext, VifType } from '../vif-type.ts';

/** A tap device that is made here and connected by somebody else, such as Calico. Follows `plug_tap` of Nova's vif.py. */
export const tap: VifType = {
  plan(vif) {
    const mtu = readMtu(vif);
    readMac(vif);
    return [`create the tap device ${vifDeviceName(vif)}${mtu === undefined ? '' : ` with an MTU of ${mtu}`}`];
  },

  async check(vif, context) {
    await findTap(vif, context);
  },

  async plug(vif, context) {
    const mac = readMac(vif);
    const mtu = readMtu(vif);
    const name = vifDeviceName(vif);
    await ensureTap(vif, context, { mac, multiqueue: context.owner?.multiqueue ?? false });
    if (mtu !== undefined) await ipLink(context, ['set', 'dev', name, 'mtu', String(mtu)]);
    return [{ kind: 'device', name }];
  },

  unplug: (vif, context) => deleteLink(context, vifDeviceName(vif)),
};

/** The VIF's tap device, if it is there. Throws `DEVICE_CONFLICT` where another kind of device has the name. */
export async function findTap(vif: Vif, context: VifContext): Promise<Link | undefined> {
  const name = vifDeviceName(vif);
  const found = await showLink(context, name);
  if (!found || found.kind === 'tun') return found;
  throw new VifError('DEVICE_CONFLICT', `VIF ${vif.id}: "${name}" is a ${found.kind ?? 'network'} device, not a tap`, {
    fix: 'Remove that device, or give the port another devname.',
    context: { vif: vif.id, device: name, kind: found.kind },
  });
}

/** Makes the VIF's tap device unless it exists, and sees that it is up. */
export async function ensureTap(
  vif: Vif,
  context: VifContext,
  { mac, multiqueue = false }: { readonly mac?: string | undefined; readonly multiqueue?: boolean } = {},
): Promise<void> {
  const name = vifDeviceName(vif);
  if (!(await findTap(vif, context))) await makeTap(name, multiqueue, context);
  await ipLink(context, ['set', 'dev', name, ...(mac === undefined ? [] : ['address', mac]), 'up']);
}

async function makeTap(name: string, multiqueue: boolean, context: VifContext): Promise<void> {
  try {
    await ip(context, ['tuntap', 'add', 'dev', name, 'mode', 'tap', ...(multiqueue ? ['multi_queue'] : [])]);
  } catch (error) {
    const isOldIp = error instanceof EffectsError && error.code === 'EXEC_FAILED' && !multiqueue;
    if (!isOldIp) throw error;
    const { exec, signal, log } = context;
    log?.warn('ip makes no tap device, trying tunctl', { device: name, reason: error.message });
    await exec('tunctl', ['-b', '-t', name], { signal, timeoutMs: 60_000 }).catch(() => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

function readMac({ id, details }: Vif): string | undefined {
  const mac = details['mac_address'];
  if (mac === undefined || mac === null) return undefined;
  if (typeof mac === 'string' && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(mac)) return mac;
  throw new VifError('VIF_INVALID', `VIF ${id}: mac_address ${JSON.stringify(mac)} of its details is no MAC address`, {
    fix: 'Give one such as fa:16:3e:00:00:01, or leave it out.',
    context: { vif: id, mac },
  });
}
