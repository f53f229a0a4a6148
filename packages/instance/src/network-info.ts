import * as z from 'zod';
import { novaObject, openMap, parseInput } from './parse.ts';

/** 4 or 6. */
export type IpVersion = 4 | 6;

/** An address of Nova's network model; of a gateway, only `address` may be missing. */
export interface Ip {
  readonly address?: string | undefined;
  readonly type?: string | undefined;
  readonly version?: IpVersion | undefined;
}

/** An address the instance has, with the floating addresses that lead to it. */
export interface FixedIp extends Ip {
  readonly floatingIps: readonly Ip[];
}

export interface Route {
  readonly cidr: string;
  readonly gateway?: Ip | undefined;
  readonly interface?: string | undefined;
}

export interface Subnet {
  readonly cidr?: string | undefined;
  readonly version?: IpVersion | undefined;
  readonly dns: readonly Ip[];
  readonly gateway?: Ip | undefined;
  readonly ips: readonly FixedIp[];
  readonly routes: readonly Route[];
  /** `dhcp_server`, `ipv6_address_mode`, … under Nova's own key names. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface Network {
  readonly id?: string | undefined;
  readonly bridge?: string | undefined;
  readonly label?: string | undefined;
  readonly subnets: readonly Subnet[];
  /** `mtu`, `injected`, `tenant_id`, `should_create_bridge`, `vlan`, … under Nova's own key names. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** A virtual interface (a port) of Nova's network info. */
export interface Vif {
  /** The port's UUID. */
  readonly id: string;
  /** MAC address. */
  readonly address: string;
  readonly network: Network;
  /**
   * `bridge`, `ovs`, `tap`, `vhostuser`, `hw_veb`, … as in Nova, and two of our own: `network` (a libvirt network named by
   * `network.bridge`) and `user` (QEMU's own user networking). Missing or unknown types are refused by whoever plugs.
   */
  readonly type?: string | undefined;
  /** Binding details (`port_filter`, `ovs_hybrid_plug`, `vhostuser_socket`, …) under Nova's own key names. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Name of the host's device, when the network service chose one. */
  readonly devname?: string | undefined;
  readonly ovsInterfaceid?: string | undefined;
  readonly qbhParams?: Readonly<Record<string, unknown>> | undefined;
  readonly qbgParams?: Readonly<Record<string, unknown>> | undefined;
  /** Exactly false: a `network-vif-plugged` event is awaited. */
  readonly active?: boolean | undefined;
  /** `normal`, `direct`, `macvtap`, … */
  readonly vnicType: string;
  /** Binding profile (`pci_slot`, `trusted`, …) under its own key names. */
  readonly profile: Readonly<Record<string, unknown>>;
  readonly preserveOnDelete: boolean;
  readonly delegateCreate: boolean;
  readonly meta: Readonly<Record<string, unknown>>;
}

const version = z.union([z.literal(4), z.literal(6)]);
const ip = novaObject({ address: z.string().optional(), type: z.string().optional(), version: version.optional() });
const fixedIp = novaObject({
  address: z.string().optional(),
  type: z.string().optional(),
  version: version.optional(),
  floatingIps: z.array(ip).default([]),
});
const route = novaObject({ cidr: z.string(), gateway: ip.optional(), interface: z.string().optional() });
const subnet = novaObject({
  cidr: z.string().optional(),
  version: version.optional(),
  dns: z.array(ip).default([]),
  gateway: ip.optional(),
  ips: z.array(fixedIp).default([]),
  routes: z.array(route).default([]),
  meta: openMap.default({}),
});
const network = novaObject({
  id: z.string().optional(),
  bridge: z.string().optional(),
  label: z.string().optional(),
  subnets: z.array(subnet).default([]),
  meta: openMap.default({}),
});

export const vifSchema = novaObject({
  id: z.string().min(1),
  address: z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i, 'expected a MAC address such as fa:16:3e:00:00:01'),
  network,
  type: z.string().optional(),
  details: openMap.default({}),
  devname: z.string().optional(),
  ovsInterfaceid: z.string().optional(),
  qbhParams: openMap.optional(),
  qbgParams: openMap.optional(),
  active: z.boolean().optional(),
  vnicType: z.string().default('normal'),
  profile: openMap.default({}),
  preserveOnDelete: z.boolean().default(false),
  delegateCreate: z.boolean().default(false),
  meta: openMap.default({}),
});

/** Reads a list of VIFs: Nova's serialised `network_info`, or the same under our names. Throws {@link InstanceError}. */
export function parseNetworkInfo(input: unknown): readonly Vif[] {
  return parseInput<readonly Vif[]>('The network info', z.array(vifSchema), input ?? []);
}
