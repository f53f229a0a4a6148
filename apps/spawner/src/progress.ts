/** The steps of a spawn in their order, as the architecture page names them. */
export type SpawnStep =
  | 'prepare'
  | 'image'
  | 'disks'
  | 'design'
  | 'plug'
  | 'filter'
  | 'define'
  | 'config drive'
  | 'launch'
  | 'wait'
  | 'commit'
  | 'stop'
  | 'undo'
  | 'destroy';

/** What happens while it happens; libraries, terminals and `--json` read the same stream. */
export type ProgressEvent =
  | { readonly type: 'step'; readonly step: SpawnStep; readonly detail?: string }
  | { readonly type: 'download'; readonly source: string; readonly bytes: bigint; readonly total?: bigint | undefined }
  | { readonly type: 'warning'; readonly message: string };

export type OnProgress = (event: ProgressEvent) => void;
