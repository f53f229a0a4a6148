/** Formats that are told apart. Only raw, qcow2 and iso are used; the others are named in the error. */
export type ImageFormat =
  | 'raw'
  | 'qcow2'
  | 'iso'
  | 'vmdk'
  | 'vdi'
  | 'vhd'
  | 'vhdx'
  | 'luks'
  | 'qcow'
  | 'qed'
  | 'parallels'
  | 'bochs'
  | 'cloop'
  | 'dmg';

/** What the first blocks of a raw or ISO image show. */
export type ImageContents = 'mbr' | 'gpt' | 'iso' | 'ext' | 'xfs' | 'btrfs' | 'text';

/** A reason not to use an image. */
export interface ImageHazard {
  readonly kind:
    | 'backing-file'
    | 'data-file'
    | 'encrypted'
    | 'unknown-features'
    | 'corrupt'
    | 'malformed'
    | 'extent-files'
    | 'several-formats';
  /** Part of a sentence: "has a backing file". Bytes of the image are quoted as JSON and cut. */
  readonly detail: string;
}

/** What a file is, by its own bytes. */
export interface ImageInspection {
  readonly format: ImageFormat;
  /** Bytes a guest would see. For formats that are not used: the file's size when the header does not tell. */
  readonly virtualSize: bigint;
  readonly fileBytes: bigint;
  readonly contents?: ImageContents;
  /** As written in the image; never opened. */
  readonly backingFile?: string;
  readonly dataFile?: string;
  readonly clusterBytes?: number;
  /** Empty for an image that is safe to give to tools and guests under its own format. */
  readonly hazards: readonly ImageHazard[];
}
