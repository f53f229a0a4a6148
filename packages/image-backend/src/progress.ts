/** What a long act tells while it runs. `total` is missing when the source does not say. */
export interface DownloadProgress {
  readonly type: 'download';
  readonly bytes: bigint;
  readonly total?: bigint;
}

export type ImageProgress = DownloadProgress;

/** Called at most about ten times a second, and once at the end. What it throws ends the act. */
export type OnImageProgress = (progress: ImageProgress) => void;
