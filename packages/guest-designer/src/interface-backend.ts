import type { Interface, VirtualPort } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import { DesignerError } from './errors.ts';
import type { FrontendKind } from './interface-frontend.ts';

/** What an interface is connected to on the host, and which further settings such a connection takes. */
export interface Backend {
  readonly backend: Interface;
  readonly takes: { readonly frontend: FrontendKind; readonly mtu: boolean; readonly bandwidth: boolean };
}

/** The longest device name Nova makes up. */
const nameLength = 14;

const everything = { frontend: 'full', mtu: true, bandwidth: true } as const;

/** A libvirt network. libvirt names the device unless the VIF does. */
export function network(vif: Vif): Backend {
  const source = { network: bridgeOf(vif, 'name of its libvirt network') };
  const target = vif.devname === undefined ? undefined : { dev: vif.devname };
  return { backend: { type: 'network', source, target }, takes: everything };
}

/** QEMU's own user networking, which has no device on the host and takes no settings. */
export function user(): Backend {
  return { backend: { type: 'user' }, takes: { frontend: 'model', mtu: false, bandwidth: false } };
}

/** A bridge of the host. */
export function bridge(vif: Vif): Backend {
  const source = { bridge: bridgeOf(vif, 'bridge') };
  return { backend: { type: 'bridge', source, target: { dev: deviceName(vif) } }, takes: everything };
}

/** Open vSwitch. With hybrid plugging, a bridge stands between guest and switch, so that the host can filter there. */
export function ovs(vif: Vif): Backend {
  if (isHybrid(vif)) return hybridBridge(vif);
  if (vif.delegateCreate) return ethernet(vif);
  const { backend, takes } = bridge(vif);
  const parameters = { interfaceId: vif.ovsInterfaceid ?? vif.id };
  const virtualPort: VirtualPort = { type: 'openvswitch', parameters };
  return { backend: { ...backend, virtualPort }, takes };
}

/** Big Switch's switch. */
export function ivs(vif: Vif): Backend {
  return isHybrid(vif) ? hybridBridge(vif) : ethernet(vif);
}

/** A tap device that somebody else makes and connects. */
export function ethernet(vif: Vif, takes: Partial<Backend['takes']> = {}): Backend {
  return { backend: { type: 'ethernet', target: { dev: deviceName(vif) } }, takes: { ...everything, ...takes } };
}

/** A macvtap device over a device of the host. */
export function macvtap(vif: Vif): Backend {
  const { macvtap_source: dev, macvtap_mode: mode, physical_interface: physical } = vif.details;
  const isMode = mode === 'vepa' || mode === 'bridge' || mode === 'private' || mode === 'passthrough';
  if (typeof dev !== 'string' || !isMode || typeof physical !== 'string') {
    throw invalidVif(vif, 'lacks macvtap_source, macvtap_mode or physical_interface', 'Correct the binding details.');
  }
  return {
    backend: { type: 'direct', source: { dev, mode } },
    takes: { frontend: 'virtio', mtu: false, bandwidth: true },
  };
}

/** A socket shared with a switch that runs as a process. */
export function vhostuser(vif: Vif): Backend {
  const { vhostuser_socket: path, vhostuser_mode: mode = 'server', vhostuser_ovs_plug: ovsPlug } = vif.details;
  if (typeof path !== 'string' || path === '' || (mode !== 'server' && mode !== 'client')) {
    throw invalidVif(vif, 'lacks vhostuser_socket, or has an unknown vhostuser_mode', 'Correct the binding details.');
  }
  const named = ovsPlug && !vif.details.vhostuser_fp_plug ? `vhu${vif.id}`.slice(0, nameLength) : deviceName(vif);
  return {
    backend: { type: 'vhostuser', source: { type: 'unix', mode, path }, target: { dev: named } },
    takes: { frontend: 'queues', mtu: false, bandwidth: false },
  };
}

/** The error of a VIF that lacks what its type needs. */
export function invalidVif(vif: Vif, why: string, fix: string): DesignerError {
  const { id, type, vnicType } = vif;
  return new DesignerError('VIF_INVALID', `The VIF ${id} ${why}.`, { context: { vif: id, type, vnicType }, fix });
}

function hybridBridge(vif: Vif): Backend {
  const source = { bridge: `qbr${vif.id}`.slice(0, nameLength) };
  return { backend: { type: 'bridge', source, target: { dev: deviceName(vif) } }, takes: everything };
}

function isHybrid({ details }: Vif): boolean {
  return details.ovs_hybrid_plug === true;
}

function deviceName(vif: Vif): string {
  return vif.devname ?? `nic${vif.id}`.slice(0, nameLength);
}

function bridgeOf(vif: Vif, what: string): string {
  if (vif.network.bridge) return vif.network.bridge;
  throw invalidVif(vif, `lacks the ${what}`, 'Name it as network.bridge.');
}
