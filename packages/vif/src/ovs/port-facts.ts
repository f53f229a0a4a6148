import type { Vif } from '@spawnkit/instance';

/** Whether a Linux bridge stands between the guest and Open vSwitch. */
export function isHybrid({ details }: Vif): boolean {
  return details['ovs_hybrid_plug'] === true;
}

/** What the switch's controller knows the port by. */
export function interfaceId({ id, ovsInterfaceid }: Vif): string {
  return ovsInterfaceid || id;
}

/** The kind of switch that the network asks for: `system` is the kernel's, `netdev` Open vSwitch's own. */
export function datapathType({ details }: Vif): string | undefined {
  const type = details['datapath_type'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}
