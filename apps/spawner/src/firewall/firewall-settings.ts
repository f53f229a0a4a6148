import * as z from 'zod';

/** How the traffic of instances is filtered, under the names that Nova's drivers had in nova.conf. */
export interface FirewallSettings {
  /**
   * `none`: the network service filters, or nobody. `nwfilter`: no instance sends under another's addresses. `iptables`: that,
   * and only what its security groups let in reaches it. A specification may ask for more. Default `none`.
   */
  readonly firewallDriver?: 'none' | 'nwfilter' | 'iptables' | undefined;
  /** Filters IPv6 as well. Default false. */
  readonly useIpv6?: boolean | undefined;
  /** Whoever is in a network of an instance may reach it. Default true. */
  readonly allowSameNetTraffic?: boolean | undefined;
}

/** In the configuration file. */
export const firewallSettingsShape = {
  firewallDriver: z.enum(['none', 'nwfilter', 'iptables']).optional(),
  useIpv6: z.boolean().optional(),
  allowSameNetTraffic: z.boolean().optional(),
};

/** The part of the settings that the firewall looks at. */
export function firewallSettingsOf({
  firewallDriver,
  useIpv6,
  allowSameNetTraffic,
}: FirewallSettings): FirewallSettings {
  return {
    ...(firewallDriver !== undefined && { firewallDriver }),
    ...(useIpv6 !== undefined && { useIpv6 }),
    ...(allowSameNetTraffic !== undefined && { allowSameNetTraffic }),
  };
}
