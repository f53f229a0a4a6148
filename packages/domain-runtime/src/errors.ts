/** What went wrong in this package, to branch on. */
export type DomainRuntimeErrorCode =
  /** No daemon answers at the connection URI. */
  | 'DAEMON_UNREACHABLE'
  /** The daemon, or a file of the host, refuses this user. */
  | 'PERMISSION_DENIED'
  /** The host lacks what was asked for: a hypervisor, an emulator, an architecture. */
  | 'HOST_UNSUITABLE'
  /** Awaited events did not come in time; the message and `context.missing` name them. */
  | 'EVENT_TIMEOUT'
  /** An awaited event came with another status than completed. */
  | 'EVENT_FAILED'
  /** No events are taken any more: the waiter is closed. */
  | 'EVENTS_CLOSED'
  /** Another process takes the events of the instance already. */
  | 'EVENTS_BUSY'
  /** What came is no event of an instance; `context.field` names what is wrong. */
  | 'INVALID_EVENT'
  /** The daemon did not answer a call in time; nobody knows what came of it. */
  | 'CALL_TIMEOUT'
  /** The domain stopped by itself while something else was awaited; `context.reason` has libvirt's reason. */
  | 'DOMAIN_STOPPED'
  /** The domain did not come to the wanted state in time. */
  | 'WAIT_TIMEOUT'
  /** The domain would not stop. */
  | 'DOMAIN_STUCK'
  /** The root file system of a container cannot be set up or torn down. */
  | 'LXC_ROOT_FAILED';

/** Every error of `@spawnkit/domain-runtime`. `fix` says what to do; `context` is plain data. */
export class DomainRuntimeError extends Error {
  override readonly name = 'DomainRuntimeError';
  readonly code: DomainRuntimeErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(
    code: DomainRuntimeErrorCode,
    message: string,
    options: ErrorOptions & { fix?: string; context?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
    this.fix = options.fix;
  }
}
