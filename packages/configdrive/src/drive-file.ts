/** One file of a drive. `content` may be computed when read (it may carry a secret), with the same bytes every time. */
export interface DriveFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: Uint8Array;
}
