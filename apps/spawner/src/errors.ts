/**
 * What went wrong in the app itself, to branch on. Errors of the packages pass through with their own class and code.
 */
export type SpawnerErrorCode =
  /** The command line, the specification or the configuration is wrong. */
  | 'USAGE'
  /** No instance of that name or UUID. */
  | 'NOT_FOUND'
  /** An instance, domain or disk of that name is there already. */
  | 'EXISTS'
  /** The host lacks something that a spawn needs; `spawner doctor` tells what. */
  | 'HOST_NOT_READY'
  /** What a name of an image stands for cannot be found out. */
  | 'IMAGE_UNAVAILABLE'
  /** The daemon does not answer. */
  | 'DAEMON_UNREACHABLE'
  /** The host has no CPUs, pages or devices left for what the instance wants to have alone. */
  | 'NO_CAPACITY'
  /** Another process works on the same instance right now. */
  | 'BUSY'
  /** The spawn failed, and undoing it failed in places: the journal is kept for `spawner gc`. */
  | 'RESIDUE'
  /** Stopped by Ctrl-C or a signal; everything was undone. */
  | 'INTERRUPTED'
  /** The guest did not come to the wanted state in time. */
  | 'WAIT_TIMEOUT';

/** `message` says what was attempted and what is wrong; `fix` says what to do, when there is something. */
export class SpawnerError extends Error {
  override readonly name = 'SpawnerError';
  readonly code: SpawnerErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(
    code: SpawnerErrorCode,
    message: string,
    options: ErrorOptions & { fix?: string | undefined; context?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
    this.fix = options.fix;
  }
}
