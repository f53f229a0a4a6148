import type { Network, Vif } from '@spawnkit/instance';
import { ConfigDriveError } from './errors.ts';

const bondModes = [
  '802.3ad',
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  'balance-tlb',
  'balance-alb',
] as const;
export type BondMode = (typeof bondModes)[number];

/** Interfaces that a guest makes of its VIFs. Nova describes none; the format of `network_data.json` has both. */
export interface GuestLinks {
  readonly bonds?: readonly BondLink[] | undefined;
  readonly vlans?: readonly VlanLink[] | undefined;
}

export interface BondLink {
  /** Names the bond, for VLANs on it and, with NoCloud, inside the guest; at most 15 characters. */
  readonly id: string;
  /** Ids of the VIFs that it bundles. */
  readonly vifs: readonly string[];
  readonly mode: BondMode;
  /** Default: that of the first VIF. */
  readonly macAddress?: string | undefined;
  /** How often links are looked at, in milliseconds. */
  readonly monitorMs?: number | undefined;
  /** `layer2`, `layer3+4`, … */
  readonly transmitHashPolicy?: string | undefined;
  /** Its addresses; without, it only carries VLANs. */
  readonly network?: Network | undefined;
}

export interface VlanLink {
  /** Names the VLAN; with NoCloud also inside the guest; at most 15 characters. */
  readonly id: string;
  /** Id of the VIF or bond that carries it. */
  readonly carrier: string;
  /** 1 to 4094. */
  readonly vlan: number;
  /** Default: that of its carrier. */
  readonly macAddress?: string | undefined;
  readonly network?: Network | undefined;
}

/** An interface of the guest, with the MAC address that it has and the ids it refers to resolved. */
export type GuestLink =
  | {
      readonly kind: 'vif';
      readonly id: string;
      readonly macAddress: string;
      readonly network: Network;
      readonly vif: Vif;
      /** It has no subnets and gets its address by DHCP. */
      readonly bare: boolean;
      /** A bond or a VLAN refers to it. */
      readonly needed: boolean;
    }
  | {
      readonly kind: 'bond';
      readonly id: string;
      readonly macAddress: string;
      readonly network: Network | undefined;
      readonly bond: BondLink;
      readonly members: readonly string[];
    }
  | {
      readonly kind: 'vlan';
      readonly id: string;
      readonly macAddress: string;
      readonly network: Network | undefined;
      readonly vlan: VlanLink;
      readonly carrier: string;
    };

/**
 * All interfaces of a guest: VIFs as Nova names and chooses them (those with subnets; here also those that a bond or VLAN
 * needs, and with `keepBare` all), then bonds, then VLANs. Throws INVALID_NETWORK.
 */
export function guestLinks(
  networkInfo: readonly Vif[],
  { bonds = [], vlans = [] }: GuestLinks,
  keepBare: boolean,
): readonly GuestLink[] {
  const needed = new Set([...bonds.flatMap(({ vifs }) => vifs), ...vlans.map(({ carrier }) => carrier)]);
  const vifs = networkInfo
    .filter(({ id, network }) => network.subnets.length > 0 || keepBare || needed.has(id))
    .map((vif, index) => vifLink(vif, index, needed.has(vif.id)));
  const byVif = new Map(vifs.map((link) => [link.vif.id, link]));
  const bonded = bonds.map((bond) => bondLink(bond, byVif));
  const carriers = new Map<string, GuestLink>([...byVif, ...bonded.map((link) => [link.id, link] as const)]);
  const links = [...vifs, ...bonded, ...vlans.map((vlan) => vlanLink(vlan, carriers))];
  checkIds(links);
  return links;
}

/** Without subnets it is here because it is needed, or because all are kept. */
function vifLink(vif: Vif, index: number, needed: boolean): GuestLink & { kind: 'vif' } {
  const id = vif.devname || `interface${index}`;
  const bare = vif.network.subnets.length === 0 && !needed;
  return { kind: 'vif', id, macAddress: vif.address, network: vif.network, vif, bare, needed };
}

function bondLink(bond: BondLink, vifs: ReadonlyMap<string, GuestLink>): GuestLink & { kind: 'bond' } {
  const { id, mode, monitorMs = 0 } = bond;
  if (!bondModes.includes(mode))
    throw invalid(id, `its mode is ${JSON.stringify(mode)}, allowed are ${bondModes.join(', ')}`);
  if (!Number.isInteger(monitorMs) || monitorMs < 0)
    throw invalid(id, 'its monitorMs is no whole number of milliseconds');
  const members = bond.vifs.map((vif) => vifs.get(vif) ?? refuse(id, `there is no VIF "${vif}"`));
  const macAddress = bond.macAddress ?? members[0]?.macAddress ?? refuse(id, 'it bundles no VIF');
  return { kind: 'bond', id, macAddress, network: bond.network, bond, members: members.map((member) => member.id) };
}

function vlanLink(vlan: VlanLink, carriers: ReadonlyMap<string, GuestLink>): GuestLink & { kind: 'vlan' } {
  const { id, vlan: tag } = vlan;
  if (!Number.isInteger(tag) || tag < 1 || tag > 4094) throw invalid(id, `its VLAN is ${tag}, allowed are 1 to 4094`);
  const carrier = carriers.get(vlan.carrier) ?? refuse(id, `there is no VIF or bond "${vlan.carrier}"`);
  const macAddress = vlan.macAddress ?? carrier.macAddress;
  return { kind: 'vlan', id, macAddress, network: vlan.network, vlan, carrier: carrier.id };
}

function checkIds(links: readonly GuestLink[]): void {
  const seen = new Set<string>();
  for (const { kind, id, macAddress } of links) {
    if (kind !== 'vif' && !/^[\w.-]{1,15}$/.test(id))
      throw invalid(id, 'an id has 1 to 15 letters, digits, "_", "." or "-"');
    if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(macAddress)) throw invalid(id, `"${macAddress}" is no MAC address`);
    if (seen.has(id) && kind !== 'vif') throw invalid(id, 'another link has the same id');
    seen.add(id);
  }
}

function refuse(id: string, fault: string): never {
  throw invalid(id, fault);
}

function invalid(id: string, fault: string): ConfigDriveError {
  return new ConfigDriveError('INVALID_NETWORK', `Cannot describe the link "${id}": ${fault}.`, { link: id });
}
