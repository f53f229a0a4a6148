import type { Bandwidth, Interface, Traffic } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import type { GuestPolicy } from './guest-policy.ts';
import { interfaceFrontend } from './interface-frontend.ts';
import { interfaceBackend, isHostDevice } from './interface-types.ts';
import { flavorCount } from './wish.ts';

/**
 * The network interfaces of a guest, in the order of its VIFs; without those that are whole PCI devices. Follows `get_config` of Nova's `vif.py`. Throws
 * `VIF_INVALID`, `VIF_MODEL_UNSUPPORTED`, `FLAVOR_IMAGE_CONFLICT`, `INVALID_EXTRA_SPEC`.
 */
export function guestInterfaces(policy: GuestPolicy): readonly Interface[] {
  const vifs = policy.request.networkInfo.filter((vif) => !isHostDevice(vif));
  return vifs.map((vif) => designInterface(policy, vif));
}

function designInterface(policy: GuestPolicy, vif: Vif): Interface {
  const { backend, takes } = interfaceBackend(policy, vif);
  const { model, driver } = interfaceFrontend(policy, takes.frontend);
  const filter = policy.request.networkFilters?.get(vif.id);
  return {
    ...backend,
    mac: { address: vif.address },
    ...(model !== undefined && { model: { type: model } }),
    driver,
    ...(takes.mtu && { mtu: mtuOf(vif) }),
    ...(takes.bandwidth && { bandwidth: bandwidth(policy) }),
    ...(filter !== undefined && { filterRef: { filter } }),
  };
}

function mtuOf({ network }: Vif): Interface['mtu'] {
  const { mtu } = network.meta;
  const size = typeof mtu === 'string' ? Number(mtu) : mtu;
  return typeof size === 'number' && Number.isSafeInteger(size) && size > 0 ? { size } : undefined;
}

/** Limits of the flavor (`quota:vif_inbound_average`, …) for each interface; libvirt needs an average for the others. */
function bandwidth(policy: GuestPolicy): Bandwidth | undefined {
  const inbound = traffic(policy, 'inbound');
  const outbound = traffic(policy, 'outbound');
  return inbound || outbound ? { inbound, outbound } : undefined;
}

function traffic(policy: GuestPolicy, direction: 'inbound' | 'outbound'): Traffic | undefined {
  // 0 sets nothing; libvirt refuses it.
  const limit = (name: string) => flavorCount(policy, `quota:vif_${direction}_${name}`) || undefined;
  const average = limit('average');
  return average === undefined ? undefined : { average, peak: limit('peak'), burst: limit('burst') };
}
