import type { Ip, Network, Subnet, Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import type { NetworkObject, SubnetObject } from './vif-object.ts';

/** A VIF's network for os-vif. Throws `VIF_INVALID` for a VLAN that should be made and has no number. */
export function networkObject(vif: Vif): NetworkObject {
  const { network } = vif;
  const { id, bridge, label, meta } = network;
  return {
    ...(id !== undefined && { id }),
    ...(bridge !== undefined && { bridge }),
    ...(label !== undefined && { label }),
    bridgeInterface: textOf(meta['bridge_interface']),
    mtu: numberOf(meta['mtu']),
    multiHost: meta['multi_host'] === true,
    shouldProvideBridge: meta['should_create_bridge'] === true,
    shouldProvideVlan: meta['should_create_vlan'] === true,
    ...vlanOf(vif, network),
    subnets: network.subnets.map(subnetObject),
  };
}

/** Nova wants the number wherever should_create_vlan is said, be it false. */
function vlanOf(vif: Vif, { meta }: Network): { readonly vlan?: number } {
  const asked = meta['should_create_vlan'];
  if (asked === undefined || asked === null) return {};
  const vlan = numberOf(meta['vlan']);
  if (vlan !== undefined) return { vlan };
  throw new VifError('VIF_INVALID', `VIF ${vif.id}: its network has should_create_vlan and lacks vlan`, {
    fix: 'Give the number of the VLAN in the meta of the network.',
    context: { vif: vif.id, network: vif.network.id },
  });
}

function subnetObject({ cidr, gateway, dns, ips, routes }: Subnet): SubnetObject {
  return {
    ...(cidr !== undefined && { cidr }),
    ...(gateway?.address !== undefined && { gateway: gateway.address }),
    dns: dns.flatMap(addressOf),
    ips: ips.flatMap((ip) =>
      addressOf(ip).map((address) => ({ address, floatingIps: ip.floatingIps.flatMap(addressOf) })),
    ),
    routes: routes.map((route) => ({
      cidr: route.cidr,
      ...(route.gateway?.address !== undefined && { gateway: route.gateway.address }),
      ...(route.interface !== undefined && { interface: route.interface }),
    })),
  };
}

function addressOf({ address }: Ip): readonly string[] {
  return address === undefined ? [] : [address];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Nova's own JSON has some numbers as text. */
function numberOf(value: unknown): number | undefined {
  const read = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof read === 'number' && Number.isSafeInteger(read) ? read : undefined;
}
