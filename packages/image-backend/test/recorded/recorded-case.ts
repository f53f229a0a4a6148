/** The shape of `vectors/images`, as far as the comparison reads it. */
export interface RecordedCase<Input, Expected> {
  readonly id: string;
  readonly input: Input;
  readonly expected: Expected;
}

export type BackendCase = RecordedCase<BackendInput, BackendExpected>;

export interface BackendInput extends HostInput {
  readonly backend: string;
  readonly ops: readonly RecordedOp[];
}

/** What is there before. */
export interface HostInput {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly images?: Readonly<Record<string, RecordedImage>>;
  readonly pre?: readonly RecordedFile[];
  readonly rbd?: RbdPools;
  /** Paths of volumes → bytes. */
  readonly lvs?: Readonly<Record<string, number>>;
  readonly vg_free?: number;
  readonly faults?: Readonly<Record<string, RecordedFault>>;
  readonly ceph_down?: boolean;
  readonly fallocate_unsupported?: boolean;
}

export interface RecordedOp {
  readonly op: string;
  readonly disk?: string;
  readonly path?: string;
  readonly size?: number | null;
  readonly fetch?: 'raw_image' | 'clone_or_fetch' | 'ephemeral' | 'swap';
  readonly image_id?: string;
  readonly ephemeral_size?: number;
  readonly swap_mb?: number;
  readonly os_type?: string | null;
  readonly fs_label?: string;
  readonly specified_fs?: string | null;
  readonly name?: string;
  readonly target?: string;
  readonly out_format?: string;
  readonly local_file?: string;
  readonly location?: string | null;
  readonly base_image_id?: string;
  readonly continue?: boolean;
}

export interface RecordedImage {
  readonly disk_format: string;
  readonly content: RecordedContent;
  readonly locations?: readonly { readonly url: string }[];
  readonly truncated_download?: boolean;
  readonly stores_by_poll?: readonly { readonly locations?: readonly { readonly url: string }[] }[];
}

export interface RecordedContent {
  readonly kind: string;
  readonly virtual_size?: number;
  readonly cluster_size?: number;
}

export interface RecordedFile {
  readonly path: string;
  readonly kind?: string;
  readonly dir?: boolean;
  readonly virtual_size?: number;
  readonly content?: unknown;
  readonly backing?: string;
  readonly backing_fmt?: 'raw' | 'qcow2';
  /** Seconds. */
  readonly age?: number;
}

export interface RecordedFault {
  readonly raise: string;
  readonly exit_code?: number;
  readonly on_call?: number;
}

export type RbdPools = Readonly<Record<string, Readonly<Record<string, RbdModelImage>>>>;

export interface RbdModelImage {
  size: number;
  snaps: Record<string, { protected: boolean }>;
  parent: readonly [pool: string, image: string, snapshot: string] | null;
}

export interface BackendExpected {
  readonly results: readonly RecordedResult[];
  readonly trace: readonly Readonly<Record<string, unknown>>[];
  readonly files_after: readonly unknown[];
  readonly rbd_after?: RbdPools | null;
  readonly lvs_after?: Readonly<Record<string, number>>;
  /** Paths of decrypted devices. */
  readonly dm_after?: readonly string[];
}

export interface RecordedResult {
  readonly op: string;
  readonly ok: boolean;
  readonly error?: { readonly error: string };
  readonly path?: string;
  readonly driver_format?: string;
  readonly returned?: unknown;
  readonly xml?: string;
}
