import { openClient } from './client/open-client.ts';
import type { KeepaliveOptions } from './client/keepalive.ts';
import { Connection } from './connection.ts';
import { type Log, silentLog } from './log.ts';

export interface ConnectOptions {
  /** Uses the socket for reading, which every user may open; what would change something throws `AccessDeniedError`. */
  readonly readonly?: boolean | undefined;
  /**
   * Signs of life on a silent connection, default every 5 s, given up after 5 without an answer; false turns them off.
   */
  readonly keepalive?: KeepaliveOptions | false | undefined;
  /** Gives up connecting, and leaves nothing open. A connection that exists is ended by disposing of it. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silence. */
  readonly log?: Log | undefined;
}

/**
 * Connects to a libvirt daemon, by any of libvirt's connection URIs; undefined is libvirt's default
 * (`LIBVIRT_DEFAULT_URI`, `uri_default` of libvirt.conf, what the daemon chooses). Ordinary users get the daemon of a
 * session URI started.
 *
 * Throws `ConnectionLostError` `UNREACHABLE` with the system's error as its cause, `ProtocolError` `INVALID_URI`,
 * `AuthError`, `UnsupportedError` for a transport that this client does not have, what the daemon says against the URI,
 * or the signal's reason.
 */
export async function connect(uri?: string, options: ConnectOptions = {}): Promise<Connection> {
  const { log = silentLog, readonly, keepalive, signal } = options;
  const opened = await openClient(uri, { readonly, keepalive, signal });
  log.debug('Connected to libvirt', { uri: opened.uri, libVersion: opened.libVersion });
  return new Connection(opened, log);
}
