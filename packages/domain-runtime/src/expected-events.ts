import type { Vif } from '@spawnkit/instance';

/** An event that a spawn waits for. */
export interface ExpectedEvent {
  readonly name: string;
  /** The port's id. */
  readonly tag?: string | undefined;
}

export interface EventPolicy {
  readonly virtType: string;
  readonly powerOn?: boolean;
  /** 0 waits for nothing. */
  readonly vifPluggingTimeoutS: number;
}

/**
 * The `network-vif-plugged` events that a start of this guest must wait for: those of VIFs whose `active` is exactly false
 * and that this host binds, on hypervisors that can start paused. Follows Nova's `_get_neutron_events`.
 */
export function eventsToExpect(networkInfo: readonly Vif[], policy: EventPolicy): readonly ExpectedEvent[] {
  const { virtType, powerOn = true, vifPluggingTimeoutS } = policy;
  if (!powerOn || vifPluggingTimeoutS <= 0 || !['kvm', 'qemu'].includes(virtType)) return [];
  return networkInfo
    .filter((vif) => vif.active === false && vif.vnicType !== 'remote-managed')
    .map((vif) => ({ name: 'network-vif-plugged', tag: vif.id }));
}
