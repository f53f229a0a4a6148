import { type Logger, silentLogger } from '@spawnkit/effects';
import {
  AuthError,
  type Connection,
  connect,
  type EventGap,
  LibvirtError,
  ProtocolError,
  type ReconnectOptions,
} from '@spawnkit/libvirt';
import { DomainRuntimeError } from './errors.ts';

export interface ConnectHostOptions {
  readonly log?: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Default 15 s; a session daemon may have to be started first. */
  readonly timeoutMs?: number;
  /** Default: a connection that is lost is lost. */
  readonly reconnect?: false | undefined;
}

/** Options of a connection that is renewed when the daemon restarts. Waits of a `DomainWatch` outlive that. */
export interface ReconnectingHostOptions extends Omit<ConnectHostOptions, 'reconnect'> {
  /** `{}` for the defaults of `@spawnkit/libvirt`. */
  readonly reconnect: ReconnectOptions;
}

/**
 * A connection to the daemon that runs this host's guests. Throws {@link DomainRuntimeError} `DAEMON_UNREACHABLE` or
 * `PERMISSION_DENIED` with what to do about it; the client's own errors for a URI that cannot be read or used.
 */
export async function connectHost(uri: string, options: ReconnectingHostOptions): Promise<Connection<EventGap>>;
export async function connectHost(uri: string, options?: ConnectHostOptions): Promise<Connection>;
export async function connectHost(
  uri: string,
  options: ConnectHostOptions | ReconnectingHostOptions = {},
): Promise<Connection<EventGap>> {
  const { log = silentLogger, signal, timeoutMs = 15_000, reconnect } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const how = { log, signal: signal ? AbortSignal.any([signal, deadline]) : deadline };
  try {
    return await (reconnect ? connect(uri, { ...how, reconnect }) : connect(uri, how));
  } catch (error) {
    signal?.throwIfAborted();
    throw deadline.aborted ? tooSlow(uri, timeoutMs, error) : explain(uri, error);
  }
}

function tooSlow(uri: string, timeoutMs: number, cause: unknown): DomainRuntimeError {
  return new DomainRuntimeError(
    'DAEMON_UNREACHABLE',
    `The libvirt daemon at "${uri}" did not answer within ${timeoutMs / 1000} s`,
    { cause, fix: 'See whether it hangs: virsh list; its log: journalctl -u libvirtd.', context: { uri, timeoutMs } },
  );
}

function explain(uri: string, cause: unknown): unknown {
  const errno = rootErrno(cause);
  const context = { uri, errno };
  if (errno === 'EACCES' || errno === 'EPERM' || cause instanceof AuthError) {
    return new DomainRuntimeError('PERMISSION_DENIED', `The libvirt daemon at "${uri}" refuses this user`, {
      cause,
      fix: 'Join the group libvirt (usermod -aG libvirt $USER, then log in again), or use --uri qemu:///session.',
      context,
    });
  }
  if (cause instanceof LibvirtError || cause instanceof ProtocolError) return cause;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new DomainRuntimeError('DAEMON_UNREACHABLE', `No libvirt daemon answers at "${uri}"${why}`, {
    cause,
    fix: uri.includes('/session')
      ? 'Install it (apt-get install libvirt-daemon qemu-system-x86); it is started on demand.'
      : 'Start it: systemctl start libvirtd, or `libvirtd -d` where no init system runs.',
    context,
  });
}

function rootErrno(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code } = one as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return code;
  }
  return undefined;
}
