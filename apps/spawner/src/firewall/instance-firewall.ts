import type { Exec } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';
import { chainKey, type FirewallContext, type FirewallRequest, instanceFilterName } from '@spawnkit/vif';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';
import { partsOf } from '../spawn/parts.ts';
import type { FirewallSettings } from './firewall-settings.ts';

/** By what the traffic of an instance is filtered, and how. Plain data: it stands in the journal and the stored request. */
export interface InstanceFirewall {
  readonly driver: 'nwfilter' | 'iptables';
  readonly request: FirewallRequest;
}

interface Context {
  readonly exec: Exec;
  readonly conn: Connection;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The request with the firewall that it asks for, or that this host gives to every instance. Throws {@link SpawnerError}
 * `USAGE` for a filter on a network where the host has no device that could be filtered.
 */
export function withFirewall(request: SpawnRequest, settings: FirewallSettings): SpawnRequest {
  if (request.firewall) return request;
  const networkInfo = filteredVifs(request, settings);
  const driver = driverFor(request, settings);
  if (driver === 'none' || networkInfo.length === 0) return request;
  const firewall: InstanceFirewall = {
    driver,
    request: {
      instanceName: request.name,
      chain: chainKey(request.instance.uuid),
      networkInfo,
      rules: request.securityGroupRules ?? [],
      useIpv6: settings.useIpv6 ?? false,
      allowSameNetTraffic: settings.allowSameNetTraffic ?? true,
    },
  };
  return { ...request, firewall };
}

/** Id of a VIF → the network filter that its interface names. */
export function networkFiltersOf({ firewall }: SpawnRequest): ReadonlyMap<string, string> {
  const { instanceName = '', networkInfo = [] } = firewall?.request ?? {};
  return new Map(networkInfo.map((vif) => [vif.id, instanceFilterName(instanceName, vif)]));
}

/** Filters the traffic of an instance, before its domain is defined. Idempotent. Throws what `Firewall` throws. */
export async function filter(host: Host, { driver, request }: InstanceFirewall, context: Context): Promise<void> {
  const firewall = partsOf(host).firewalls[driver];
  await firewall.setupBasicFiltering(request, contextOf(host, context));
  await firewall.prepareInstanceFilter(request, contextOf(host, context));
}

/** What is left to do when the domain runs. */
export async function applyFilter(host: Host, { driver, request }: InstanceFirewall, context: Context): Promise<void> {
  await partsOf(host).firewalls[driver].applyInstanceFilter(request, contextOf(host, context));
}

/** The inverse of both, when the domain is gone. Idempotent. */
export async function unfilter(host: Host, { driver, request }: InstanceFirewall, context: Context): Promise<void> {
  await partsOf(host).firewalls[driver].unfilterInstance(request, contextOf(host, context));
}

function contextOf({ clock, paths, log }: Host, context: Context): FirewallContext {
  return { ...context, clock, locksPath: paths.locks, log };
}

/** Rules without a driver that knows rules would let everything in. */
function driverFor({ securityGroupRules, vifWishes = [] }: SpawnRequest, settings: FirewallSettings) {
  const { firewallDriver = 'none' } = settings;
  if (securityGroupRules) return 'iptables';
  if (firewallDriver !== 'none') return firewallDriver;
  return vifWishes.some(({ filter }) => filter) ? 'nwfilter' : 'none';
}

/** All that can be filtered, where host or rules ask for it; else those whose network asks. */
function filteredVifs(request: SpawnRequest, { firewallDriver = 'none' }: FirewallSettings): readonly Vif[] {
  const { networkInfo, vifWishes = [], securityGroupRules } = request;
  const all = firewallDriver !== 'none' || securityGroupRules !== undefined;
  return networkInfo.filter((vif, index) => {
    const { filter } = vifWishes[index] ?? {};
    if (filter === true && !isFilterable(vif)) throw notFilterable(request, vif);
    return filter ?? (all && isFilterable(vif) && vif.details.port_filter !== true);
  });
}

/** Whether libvirt filters what passes: on a bridge of Linux, or a device that it makes for one. */
function isFilterable({ type, details, vnicType }: Vif): boolean {
  if (type === 'ovs') return details.ovs_hybrid_plug === true && vnicType === 'normal';
  return type === 'bridge' || type === 'network' || type === 'tap';
}

function notFilterable({ name }: SpawnRequest, { type, network }: Vif): SpawnerError {
  const what = network.label ?? network.bridge ?? type ?? '';
  return new SpawnerError(
    'USAGE',
    `The network "${what}" of "${name}" cannot be filtered: its VIF is of the type "${type}"`,
    {
      fix: 'Leave `filter` out there. Libvirt networks, Linux bridges and hybrid ports of Open vSwitch can be filtered.',
      context: { type, network: what },
    },
  );
}
