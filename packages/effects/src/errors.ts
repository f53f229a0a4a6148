/** What went wrong in this package, to branch on. */
export type EffectsErrorCode =
  /** The program is not installed or not executable. */
  | 'EXEC_NOT_FOUND'
  /** The program ended with an exit code that was not allowed. */
  | 'EXEC_FAILED'
  /** The program was ended because its time was over. */
  | 'EXEC_TIMEOUT'
  /** The program printed more than `limits.outputBytes`. */
  | 'EXEC_OUTPUT_TOO_LARGE'
  /** The program was ended by a signal that we did not send. */
  | 'EXEC_SIGNALED'
  /** The lock is held by somebody else and waiting was not wanted. */
  | 'LOCK_HELD'
  /** A lock file cannot be used, or a directory of locks or journals is not ours alone. */
  | 'LOCK_UNUSABLE'
  /** A name that becomes part of a path has characters that are not allowed. */
  | 'INVALID_NAME'
  /** Data for a journal is not plain JSON, or holds a secret. */
  | 'INVALID_DATA'
  /** A journal of this id is there already. */
  | 'JOURNAL_EXISTS'
  /** No journal of this id. */
  | 'JOURNAL_NOT_FOUND'
  /** A whole record cannot be read, or does not fit those before it; the file was left alone. */
  | 'JOURNAL_CORRUPT'
  /** The rollback was committed, undone or left; nothing can be added. */
  | 'JOURNAL_CLOSED'
  /** Only an uncommitted journal was to be undone, and this one is committed. */
  | 'JOURNAL_COMMITTED'
  /** No inverse is known for the kind of an act. */
  | 'INVERSE_MISSING'
  /** Recorded and asked commands differ. */
  | 'REPLAY_MISMATCH';

/** Every error of `@spawnkit/effects`. `context` is plain data without secrets. */
export class EffectsError extends Error {
  override readonly name = 'EffectsError';
  readonly code: EffectsErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: EffectsErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}
