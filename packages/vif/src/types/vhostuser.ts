import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { DEFAULT_MTU, readMtu } from '../mtu.ts';
import { datapathType } from '../ovs/port-facts.ts';
import { checkSwitch, ensurePort, removePort, type SwitchPort, switchName } from '../ovs/switch-port.ts';
import { portDeviceName } from '../vif-name.ts';
import type { VifType } from '../vif-type.ts';
import { nothing } from './nothing.ts';

/** A socket shared with a switch in user space. Nothing to do, unless that switch is Open vSwitch, which has to be told. */
export const vhostuser: VifType = nothing('use the vhost-user socket of its switch', readSocket);

/** The same on Open vSwitch with DPDK: a port of the kind that the guest's end is not. Follows os-vif's ovs plugin. */
export const vhostuserOvs: VifType = {
  plan(vif) {
    const { name, type } = portOf(vif);
    return [`make the ${type} ${name} a port of ${switchName(vif)} on Open vSwitch`];
  },

  async check(vif, context) {
    portOf(vif);
    await checkSwitch(context);
  },

  async plug(vif, context) {
    const port = portOf(vif);
    await ensurePort(port, datapathType(vif) ?? 'netdev', context);
    return [{ kind: 'ovs-port', name: port.name }];
  },

  unplug: (vif, context) => removePort(vif, portOf(vif).name, context),
};

/** Where the guest's end is the client, the switch listens, and the other way round. */
function portOf(vif: Vif): SwitchPort {
  const { path, mode } = readSocket(vif);
  const name = portDeviceName('vhu', vif);
  const mtu = readMtu(vif) ?? DEFAULT_MTU;
  if (mode === 'client') return { vif, name, type: 'dpdkvhostuser', mtu };
  return { vif, name, type: 'dpdkvhostuserclient', options: { 'vhost-server-path': path }, mtu };
}

function readSocket(vif: Vif): { readonly path: string; readonly mode: 'client' | 'server' } {
  const { vhostuser_socket: path, vhostuser_mode: mode = 'server' } = vif.details;
  if (typeof path === 'string' && path !== '' && (mode === 'client' || mode === 'server')) return { path, mode };
  throw new VifError('VIF_INVALID', `VIF ${vif.id} lacks vhostuser_socket, or has an unknown vhostuser_mode`, {
    fix: 'Correct the binding details; the mode is client or server.',
    context: { vif: vif.id, socket: path, mode },
  });
}
