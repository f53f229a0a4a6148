/** A value of a recording. */
export type Json = Readonly<Record<string, unknown>>;

/** One VIF as Nova converts, describes and plugs it. */
export interface VifCase {
  readonly id: string;
  readonly input: {
    readonly vif: Json & {
      readonly type?: string | null;
      readonly network: Json;
      readonly profile?: Json;
      readonly details?: Json;
    };
    readonly existing_devices?: readonly string[];
    readonly config?: Json;
    readonly extra_specs?: Readonly<Record<string, string>>;
    readonly system_metadata?: Readonly<Record<string, string>>;
    readonly vcpus?: number;
    readonly virt_type?: string;
    /** Trace name, or `execute:` and the start of a command → what it fails with. */
    readonly faults?: Json | null;
    readonly ops?: readonly string[] | null;
  };
  readonly expected: {
    readonly os_vif: Json | null;
    readonly guest_interface_xml: string | RecordedError | null;
    readonly ops: readonly RecordedOp[] | null;
    readonly devices_after: readonly string[];
  };
}

export interface RecordedError {
  readonly error: string;
  readonly message?: string;
}

/** One call of plug or unplug, and what it did. */
export interface RecordedOp {
  readonly op: string;
  readonly ok: boolean;
  readonly error?: RecordedError;
  readonly trace: readonly Json[];
}

/** The firewall of one instance. */
export interface FirewallCase {
  readonly id: string;
  readonly input: {
    readonly instance: { readonly name: string; readonly id: number; readonly image_ref: string };
    readonly network_info: unknown;
    readonly use_ipv6: boolean;
    readonly allow_same_net_traffic: boolean;
    readonly security_group_rules: readonly RecordedRule[];
  };
  readonly expected: {
    /** Missing where Nova broke. */
    readonly defined_filters?: readonly string[];
    readonly second_call_defines: number;
    readonly iptables: { readonly v4: Json; readonly v6: Json };
  };
}

export interface RecordedRule {
  readonly cidr: string | null;
  readonly protocol: string | null;
  readonly from_port: number | null;
  readonly to_port: number | null;
}

/** The instance of every recording of `vif.json`. */
export const recordedOwner = { uuid: 'b65cee2f-8c69-4aeb-be2f-f79742548fc2', projectId: 'test-project' };

/** The image of instances that route for others. */
export const vpnImage = 'vpn-image';
