/** Plain data of a recording. */
export type Json = Readonly<Record<string, unknown>>;

/** A step of a trace: the name of what was called, and its arguments. */
export type Step = Readonly<Record<string, unknown>>;

/** How one phase (`connect`, `config`, `disconnect`, …) ended. */
export interface RecordedPhase {
  readonly trace?: readonly Step[];
  readonly error?: { readonly error: string };
  readonly xml?: string;
  readonly connection_data_after?: Json;
}

/** An error that a recorder raised: its class, and what a command said. */
export interface Fault {
  readonly raise: string;
  readonly stderr?: string;
}

export interface VolumeInput {
  readonly connection_info: Json;
  readonly disk_info?: { readonly bus: string; readonly dev: string; readonly type: string; readonly unit?: number };
  readonly config?: Json;
  readonly device_info?: { readonly path: string; readonly multipath_id?: string };
  readonly encryption_metadata?: Json;
  readonly encryption?: Json;
  readonly existing_secrets?: Readonly<Record<string, string>>;
  readonly device_is_luks?: boolean;
  readonly existing_mounts?: unknown;
  readonly mount_st_size?: number;
  readonly systemd?: boolean;
  readonly destroy_secrets?: boolean;
  readonly force?: boolean;
  readonly sev?: boolean;
  readonly volume_attached_to?: readonly string[];
  readonly instances_on_host?: readonly string[];
  readonly unsupported_connector?: boolean;
  readonly faults?: Readonly<Record<string, Fault>>;
  readonly phases?: readonly string[];
}

export interface VolumeCase {
  readonly id: string;
  readonly input: VolumeInput;
  readonly expected: Readonly<Record<string, RecordedPhase | readonly string[]>> & {
    readonly secrets_left: readonly string[];
    readonly mounts_left: readonly string[];
  };
}

/** What the header of each file says. */
export interface Constants {
  readonly instance_uuid: string;
  readonly second_instance_uuid: string;
  readonly created_secret_uuid: string;
  readonly key_bytes_hex: string;
  readonly default_device_path: string;
}

export interface Recording {
  readonly constants: Constants;
  readonly cases: readonly VolumeCase[];
}

/** Names of the phases of a case, as its expectation has them. */
export function phasesOf({ input, expected }: VolumeCase): readonly string[] {
  const recorded = Object.keys(expected).filter((name) => !name.endsWith('_left'));
  if (!input.phases) return recorded;
  const seen = new Map<string, number>();
  return input.phases.map((phase) => {
    const count = (seen.get(phase) ?? 0) + 1;
    seen.set(phase, count);
    return phase + '_again'.repeat(count - 1);
  });
}

/** The recorded outcome of a phase. */
export function phaseOf({ expected }: VolumeCase, name: string): RecordedPhase {
  const phase = expected[name];
  return phase && !Array.isArray(phase) ? (phase as RecordedPhase) : {};
}
