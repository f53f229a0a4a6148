import type { Vif } from '@spawnkit/instance';

/** MAC → VLAN of the VIFs whose binding details name one: the `vlan` of their device metadata. */
export function vifsWithVlan(networkInfo: readonly Vif[]): ReadonlyMap<string, number> {
  return new Map(
    networkInfo.flatMap(({ address, details }) => {
      const vlan = numberOf(details.vlan);
      return vlan === undefined || vlan === 0 ? [] : [[address, vlan] as const];
    }),
  );
}

/** Neutron's SR-IOV driver writes the VLAN as text. */
function numberOf(vlan: unknown): number | undefined {
  if (typeof vlan === 'string' && /^\d+$/.test(vlan)) return Number(vlan);
  return typeof vlan === 'number' ? vlan : undefined;
}

/** MAC → whether its binding profile trusts it, for VIFs with a profile: the `vfTrusted` of their device metadata. */
export function vifsTrusted(networkInfo: readonly Vif[]): ReadonlyMap<string, boolean> {
  return new Map(
    networkInfo
      .filter(({ profile }) => Object.keys(profile).length > 0)
      .map(({ address, profile }) => [address, saysYes(profile.trusted)]),
  );
}

/** The words of oslo's `bool_from_string`. */
function saysYes(value: unknown): boolean {
  return value === true || (typeof value === 'string' && /^\s*(?:1|t|true|on|y|yes)\s*$/i.test(value)) || value === 1;
}
