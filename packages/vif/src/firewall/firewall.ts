import type { Clock, Exec, Logger } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import type { FirewallRequest } from './firewall-request.ts';
import { filterInstance, unfilterInstance } from './iptables.ts';
import { defineFilters, removeFilters } from './nwfilter.ts';

/** What filtering works with. */
export interface FirewallContext {
  readonly exec: Exec;
  readonly conn: Connection;
  readonly clock: Clock;
  /** Directory of host-wide locks. */
  readonly locksPath: string;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How the traffic of instances is filtered. A spawn calls these in their order, after plugging; all of them can be repeated.
 */
export interface Firewall {
  /** Before the domain is defined: nobody sends under another's address. */
  setupBasicFiltering(request: FirewallRequest, context: FirewallContext): Promise<void>;
  /** Before the domain is launched: nobody is reached but by the rules of its security groups. */
  prepareInstanceFilter(request: FirewallRequest, context: FirewallContext): Promise<void>;
  /** Once the domain runs. */
  applyInstanceFilter(request: FirewallRequest, context: FirewallContext): Promise<void>;
  /** The inverse of all of them, when the domain is gone; idempotent. */
  unfilterInstance(request: FirewallRequest, context: FirewallContext): Promise<void>;
}

/** Filtering is left to the network service (Nova's NoopFirewallDriver). */
export const noFirewall: Firewall = {
  async setupBasicFiltering() {},
  async prepareInstanceFilter() {},
  async applyInstanceFilter() {},
  async unfilterInstance() {},
};

/** Against spoofing, by libvirt's network filters (Nova's NWFilterFirewall). */
export const nwfilterFirewall: Firewall = {
  ...noFirewall,
  setupBasicFiltering: defineFilters,
  unfilterInstance: removeFilters,
};

/** Security groups by iptables, and network filters against spoofing (Nova's libvirt IptablesFirewallDriver). */
export const iptablesFirewall: Firewall = {
  ...nwfilterFirewall,
  prepareInstanceFilter: filterInstance,
  /** Both, also where one of them fails; then its error is thrown in the end. */
  async unfilterInstance(request, context) {
    const [chains] = await Promise.allSettled([unfilterInstance(request, context)]);
    await removeFilters(request, context);
    if (chains.status === 'rejected') throw chains.reason;
  },
};
