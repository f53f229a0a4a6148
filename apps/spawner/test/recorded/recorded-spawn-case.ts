/** The shape of `vectors/spawn/spawn.json`, as far as the comparison reads it. */
export interface SpawnCase {
  readonly id: string;
  readonly input: SpawnInput;
  readonly expected: { readonly spawn: RecordedPhase; readonly destroy?: RecordedPhase };
}

export interface SpawnInput {
  readonly vifs: readonly { readonly active?: boolean | null; readonly type?: string; readonly vnic_type?: string }[];
  readonly volumes?: readonly string[];
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  readonly power_on?: boolean;
  /** What the state query answers, one after the other; the last one again and again. */
  readonly power_states?: readonly string[];
  readonly created_instance_dir?: boolean;
  readonly created_disks?: boolean;
  readonly events?: readonly RecordedEvent[];
  readonly faults?: Readonly<Record<string, RecordedFault>>;
  readonly shutting_down?: boolean;
  readonly give_up_after?: number;
  readonly then_destroy?: boolean;
  readonly vtpm?: boolean;
}

/** `later`: seconds after the start of the domain; `at:<step>`: at that step. */
export interface RecordedEvent {
  readonly when: string;
  readonly delay?: number;
  /** Index of a VIF, or the tag of a port that the instance does not have. */
  readonly vif: number | string;
  readonly status?: string;
  readonly name?: string;
}

/** What is raised, by name; always, or on that call. */
export type RecordedFault = string | { readonly raise: string; readonly on_call: number };

/** A name, or a name and what belongs to it. */
export type RecordedStep = string | Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface RecordedPhase {
  readonly steps: readonly RecordedStep[];
  readonly result: 'ok' | 'error';
  readonly error?: { readonly error: string; readonly message?: string };
  readonly domain_after: DomainAfter;
  readonly events_still_registered: number;
}

export interface DomainAfter {
  readonly state: string | null;
  readonly defined: boolean;
}
