/**
 * The host's side of a virtual interface: plug before the guest starts, unplug when it is gone; and what filters its traffic.
 *
 * @packageDocumentation
 */
export { VifError, type VifErrorCode } from './errors.ts';
export { filterRemoval, filterUpdate } from './firewall/filter-table.ts';
export {
  type Firewall,
  type FirewallContext,
  iptablesFirewall,
  noFirewall,
  nwfilterFirewall,
} from './firewall/firewall.ts';
export { chainKey, type FirewallRequest } from './firewall/firewall-request.ts';
export { enableHairpin } from './firewall/hairpin.ts';
export { type Chains, instanceChain, instanceChains } from './firewall/instance-chains.ts';
export { instanceFilter, instanceFilterName } from './firewall/instance-filter.ts';
export type { SecurityGroupRule } from './firewall/security-group-rule.ts';
export { staticFilters } from './firewall/static-filters.ts';
export { convertVif } from './os-vif/convert-vif.ts';
export type {
  NetworkObject,
  PortProfileObject,
  RepresentorObject,
  SubnetObject,
  VifObject,
} from './os-vif/vif-object.ts';
export { checkVif, planPlug, plug, unplug } from './plug.ts';
export type { HostPart, VifContext, VifOwner } from './vif-type.ts';
