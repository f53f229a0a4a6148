import type { FilterTable } from './model-iptables.ts';

/** A network device of the model. */
export interface ModelDevice {
  name: string;
  /** The kernel's number; no part of snapshots. */
  index: number;
  kind: string | undefined;
  up: boolean;
  mtu: number;
  master: string | undefined;
  /** The other end of a veth pair, or the device below a VLAN device. */
  link: string | undefined;
  vlanId: number | undefined;
  promisc: boolean;
  address: string | undefined;
  alternativeNames: string[];
  ageing: string | undefined;
  hairpin: boolean;
}

/** What a host has, as far as plugging changes it. */
export interface ModelState {
  devices: ModelDevice[];
  bridges: { name: string; datapathType: string; externalIds: Record<string, string> }[];
  ports: {
    name: string;
    bridge: string;
    type: string;
    options: Record<string, string>;
    externalIds: Record<string, string>;
  }[];
  /** By the device of the card and the number of the function. */
  functions: Record<string, Record<string, string>>;
  /** iptables' table `filter`. */
  filter: FilterTable;
  /** The same of ip6tables. */
  filter6: FilterTable;
  /** Commands of vendors, in their order. */
  vendor: string[];
}

let lastIndex = 0;

export function newDevice(name: string, more: Partial<ModelDevice> = {}): ModelDevice {
  const nothing = { kind: undefined, master: undefined, link: undefined, vlanId: undefined, address: undefined };
  const plain = { up: false, mtu: 1500, promisc: false, alternativeNames: [], ageing: undefined, hairpin: false };
  return { name, index: ++lastIndex, ...nothing, ...plain, ...more };
}

/** Devices that a recording says were there; what they are, their names tell. Both ends of a veth pair are one. */
export function foundDevices(names: readonly string[]): ModelDevice[] {
  const found = names.map(foundDevice);
  for (const one of found.filter(({ kind }) => kind === 'veth')) {
    const other = one.name.replace(/^qv([ob])/, (_, end) => (end === 'o' ? 'qvb' : 'qvo'));
    one.link = names.includes(other) ? other : undefined;
  }
  return found;
}

function foundDevice(name: string): ModelDevice {
  if (/^(?:br|qbr)/.test(name)) return newDevice(name, { kind: 'bridge', up: true });
  if (name.startsWith('tap')) return newDevice(name, { kind: 'tun', up: true });
  if (/^qv[ob]/.test(name)) return newDevice(name, { kind: 'veth', up: true });
  const vlan = /^(?:(.+)\.|vlan)(\d+)$/.exec(name);
  if (vlan) return newDevice(name, { kind: 'vlan', link: vlan[1], vlanId: Number(vlan[2]), up: true });
  return newDevice(name, { up: true });
}

export function findDevice({ devices }: ModelState, name: string): ModelDevice | undefined {
  return devices.find((one) => one.name === name || one.alternativeNames.includes(name));
}

/** As the kernel does: the other end of a veth pair goes too, as do VLAN devices above; ports are let go. */
export function removeDevice(state: ModelState, name: string): void {
  const gone = findDevice(state, name);
  if (!gone) return;
  state.devices = state.devices.filter((one) => one !== gone);
  for (const one of state.devices) {
    if (one.link === gone.name && (one.kind === 'veth' || one.kind === 'vlan')) removeDevice(state, one.name);
    if (one.master === gone.name) one.master = undefined;
  }
}
