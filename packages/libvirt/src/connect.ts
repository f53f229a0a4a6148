import type { AuthOptions } from './auth/credentials.ts';
import { checkBackoff } from './client/backoff.ts';
import type { KeepaliveOptions } from './client/keepalive.ts';
import { type OpenedClient, openClient } from './client/open-client.ts';
import { type Open, ReconnectingClient, type ReconnectOptions } from './client/reconnecting-client.ts';
import { Connection } from './connection.ts';
import type { EventGap } from './events/event-gap.ts';
import { type Log, silentLog } from './log.ts';

export interface ConnectOptions {
  /** Uses the socket for reading, which every user may open; what would change something throws `AccessDeniedError`. */
  readonly readonly?: boolean | undefined;
  /** Name and password, where the server demands SASL. */
  readonly auth?: AuthOptions | undefined;
  /**
   * Signs of life on a silent connection, default every 5 s, given up after 5 without an answer; false turns them off.
   */
  readonly keepalive?: KeepaliveOptions | false | undefined;
  /** Default: a lost connection is lost. */
  readonly reconnect?: false | undefined;
  /** Gives up connecting, and leaves nothing open. A connection that exists is ended by disposing of it. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silence. */
  readonly log?: Log | undefined;
}

/** Options of a connection that is renewed when it is lost. */
export interface ReconnectingOptions extends Omit<ConnectOptions, 'reconnect'> {
  /** How it is renewed; `{}` for the defaults. The first connection is tried once. */
  readonly reconnect: ReconnectOptions;
}

/**
 * Connects to a libvirt daemon, by any of libvirt's connection URIs or an alias of libvirt.conf; undefined is libvirt's
 * default (`LIBVIRT_DEFAULT_URI`, `uri_default` of libvirt.conf, what the daemon chooses). Ordinary users get the daemon of
 * a session URI started. With `reconnect`, subscriptions outlive the loss of a connection, and say where events may be
 * missing: see {@link EventGap}.
 *
 * Throws `ConnectionLostError` `UNREACHABLE` with the system's error as its cause, or `LOST` when the daemon ended the
 * connection or fell silent before it was ready; `ProtocolError` `INVALID_URI`, `AuthError`, `UnsupportedError` for a
 * parameter that this client cannot follow, what the daemon says against the URI, a RangeError for delays that make no
 * sense, or the signal's reason.
 */
export async function connect(uri: string | undefined, options: ReconnectingOptions): Promise<Connection<EventGap>>;
export async function connect(uri?: string, options?: ConnectOptions): Promise<Connection>;
export async function connect(
  uri?: string,
  options: ConnectOptions | ReconnectingOptions = {},
): Promise<Connection<EventGap>> {
  const { log = silentLog, readonly, auth, keepalive, reconnect, signal } = options;
  const open = (how: { readonly signal?: AbortSignal | undefined }) =>
    openClient(uri, { readonly, auth, keepalive, signal: how.signal });
  if (reconnect) checkBackoff(reconnect);
  const opened = await open({ signal });
  log.debug('Connected to libvirt', { uri: opened.uri, libVersion: opened.libVersion });
  return new Connection(reconnect ? lasting(opened, open, reconnect, log) : opened, log, {
    fork: (how) => connect(uri, { ...options, signal: how.signal } as ReconnectingOptions),
    sibling: open,
  });
}

function lasting(opened: OpenedClient, open: Open, reconnect: ReconnectOptions, log: Log): OpenedClient {
  const client = new ReconnectingClient(opened, open, reconnect, log);
  return {
    client,
    uri: opened.uri,
    get libVersion() {
      return client.libVersion;
    },
  };
}
