import type { BondMode } from './guest-links.ts';

/** A DNS server. */
export type Service = { readonly type: 'dns'; readonly address: string };
/** A layer 2 link of `network_data.json`. */
export type Link = EthernetLink | BondedLink | TaggedLink;
export type EthernetLink = {
  readonly id: string;
  readonly vif_id: string;
  readonly type: string;
  /** Bytes; null leaves it to DHCP. */
  readonly mtu: number | null;
  readonly ethernet_mac_address: string;
};
export type BondedLink = {
  readonly id: string;
  readonly type: 'bond';
  readonly mtu: number | null;
  readonly ethernet_mac_address: string;
  /** Ids of other links. */
  readonly bond_links: readonly string[];
  readonly bond_mode: BondMode;
  /** Milliseconds. */
  readonly bond_miimon?: number;
  readonly bond_xmit_hash_policy?: string;
};
export type TaggedLink = {
  readonly id: string;
  readonly type: 'vlan';
  readonly mtu: number | null;
  readonly vlan_mac_address: string;
  readonly vlan_id: number;
  /** Id of another link. */
  readonly vlan_link: string;
};
export type NetworkRoute = { readonly network: string; readonly netmask: string; readonly gateway: string };
/** A network configured by DHCP. */
export type DhcpNetwork = {
  readonly id: string;
  readonly type: string;
  readonly link: string;
  readonly network_id: string | null;
};
/** A network with its address; SLAAC and DHCPv6 modes carry the address as information. */
export type AddressedNetwork = {
  readonly id: string;
  readonly type: string;
  readonly link: string;
  readonly ip_address: string;
  readonly netmask: string;
  readonly routes: readonly NetworkRoute[];
  readonly network_id: string | null;
  readonly services: readonly Service[];
};
/** The document `network_data.json`, as Nova documents it in "Metadata service: network_data.json". */
export type NetworkData = {
  readonly links: readonly Link[];
  readonly networks: readonly (DhcpNetwork | AddressedNetwork)[];
  readonly services: readonly Service[];
};
