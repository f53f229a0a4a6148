/** os-vif's objects, under os-vif's class names and with its fields; a field that os-vif leaves unset is missing. */

/** What Nova hands to os-vif for one VIF: https://docs.openstack.org/os-vif/latest/reference/vif-types.html */
export interface VifObject {
  readonly type: 'VIFBridge' | 'VIFOpenVSwitch' | 'VIFHostDevice' | 'VIFVHostUser' | 'VIFGeneric';
  /** Of os-vif, by the name of its entry point. */
  readonly plugin: string;
  readonly id: string;
  readonly address: string;
  readonly network: NetworkObject;
  /** The network service filters the port elsewhere. */
  readonly hasTrafficFiltering: boolean;
  readonly preserveOnDelete: boolean;
  readonly active?: boolean;
  readonly vifName?: string;
  readonly bridgeName?: string;
  /** PCI address of a host device. */
  readonly devAddress?: string;
  readonly devType?: 'ethernet';
  /** Of a vhost-user socket, as the guest sees it. */
  readonly mode?: string;
  readonly path?: string;
  readonly portProfile?: PortProfileObject;
}

export interface NetworkObject {
  readonly id?: string;
  readonly bridge?: string;
  readonly label?: string;
  readonly bridgeInterface: string | undefined;
  readonly mtu: number | undefined;
  readonly multiHost: boolean;
  readonly shouldProvideBridge: boolean;
  readonly shouldProvideVlan: boolean;
  readonly vlan?: number;
  readonly subnets: readonly SubnetObject[];
}

export interface SubnetObject {
  readonly cidr?: string;
  readonly gateway?: string;
  readonly dns: readonly string[];
  readonly ips: readonly { readonly address: string; readonly floatingIps: readonly string[] }[];
  readonly routes: readonly { readonly cidr: string; readonly gateway?: string; readonly interface?: string }[];
}

export interface PortProfileObject {
  readonly type:
    | 'VIFPortProfileBase'
    | 'VIFPortProfileOpenVSwitch'
    | 'VIFPortProfileOVSRepresentor'
    | 'VIFPortProfileFPOpenVSwitch'
    | 'VIFPortProfileFPBridge';
  readonly interfaceId?: string;
  readonly datapathType?: string | undefined;
  readonly createPort?: boolean;
  readonly bridgeName?: string;
  readonly hybridPlug?: boolean;
  readonly representorName?: string;
  readonly representorAddress?: string;
  readonly datapathOffload?: RepresentorObject;
}

export interface RepresentorObject {
  readonly type: 'DatapathOffloadRepresentor';
  readonly representorName: string;
  readonly representorAddress: string;
}
