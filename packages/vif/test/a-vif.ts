import { parseNetworkInfo, type Vif } from '@spawnkit/instance';

export const vifIds = ['11111111-aaaa-4bbb-8ccc-000000000001', '11111111-aaaa-4bbb-8ccc-000000000002'] as const;

interface VifOptions {
  readonly id?: string;
  readonly type?: string | null;
  readonly bridge?: string | null;
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Further fields, in Nova's words. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A VIF of network info, read as a request's would be. */
export function aVif(options: VifOptions): Vif {
  const { id = vifIds[0], type = 'bridge', bridge = 'br-test', meta = {}, more } = options;
  const [vif] = parseNetworkInfo([{ id, type, address: 'fa:16:3e:00:00:01', network: { bridge, meta }, ...more }]);
  if (!vif) throw new Error('network info of one VIF has one VIF');
  return vif;
}

/** A VIF whose bridge is made where it is missing. */
export function aCreatingVif(
  more: { readonly id?: string; readonly meta?: Readonly<Record<string, unknown>> } = {},
): Vif {
  return aVif({ ...more, meta: { should_create_bridge: true, ...more.meta } });
}

/** A VIF of Open vSwitch, whose port is made here. */
export function aSwitchedVif(
  details: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Vif {
  return aVif({
    type: 'ovs',
    bridge: 'br-ovs',
    more: { devname: 'tap11111111-aa', delegate_create: true, details, ...more },
  });
}
