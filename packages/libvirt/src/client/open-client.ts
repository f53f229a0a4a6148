import type { AuthOptions } from '../auth/credentials.ts';
import { ConnectionLostError, UnsupportedError } from '../errors.ts';
import { ConnectFlags, DrvFeature } from '../generated/enums.gen.ts';
import {
  connectGetLibVersion,
  connectGetUri,
  connectOpen,
  connectSupportsFeature,
} from '../generated/procedures.gen.ts';
import type { Flow } from '../streams/flow.ts';
import type { Transport } from '../transport/transport.ts';
import { findServer } from '../uri/find-server.ts';
import { type ClientHost, clientHost } from '../uri/host.ts';
import { authenticate } from './authenticate.ts';
import { checkedClient } from './checked-client.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import type { RpcClient } from './rpc-client.ts';
import { SocketClient } from './socket-client.ts';

export interface OpenClientOptions {
  readonly readonly?: boolean | undefined;
  /** Signs of life in both directions; false turns them off. Default every 5 s, 5 times. */
  readonly keepalive?: KeepaliveOptions | false | undefined;
  /** Used only where the server demands SASL. */
  readonly auth?: AuthOptions | undefined;
  /** Gives up opening and leaves nothing open. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of what the URI says; the server is told the URI as it is. */
  readonly transport?: Transport | undefined;
  /** Default: this process. */
  readonly host?: ClientHost | undefined;
}

/** A client of one socket. */
export interface OpenedSocket extends OpenedClient {
  /** Stops reading from the socket, as long as that serves one transfer alone. */
  readonly flow: Flow;
}

export interface OpenedClient {
  readonly client: RpcClient;
  /** The daemon's libvirt: `major * 1e6 + minor * 1e3 + micro`. */
  readonly libVersion: number;
  /** The given one, else the default one, else what the server chose. */
  readonly uri: string;
}

/**
 * A connection to one hypervisor driver of a daemon. A socket serves one URI for life. Throws `ProtocolError` `INVALID_URI`,
 * `UnsupportedError` for a parameter that this client cannot follow, `ConnectionLostError` `UNREACHABLE`, `AuthError`, what the
 * server says against the URI, or the signal's reason; the socket is closed then.
 */
export async function openClient(given: string | undefined, options: OpenClientOptions = {}): Promise<OpenedSocket> {
  const { readonly = false, keepalive, auth, signal, host = clientHost() } = options;
  const server = await findServer(given, { readonly, transport: options.transport }, host);
  const { name, secure } = server.transport;
  const client = new SocketClient(await server.transport.open({ signal }), { name, keepalive });
  try {
    await authenticate(client, { auth, uri: server.given, host, secure, signal });
    if (keepalive !== false) await askForKeepalive(client, { signal });
    await client.call(connectOpen, { name: server.uri, flags: readonly ? ConnectFlags.RO : 0 }, { signal });
    const { libVer } = await client.call(connectGetLibVersion, undefined, { signal });
    const uri = server.given?.text ?? (await client.call(connectGetUri, undefined, { signal })).uri;
    const libVersion = Number(libVer);
    return { client: checkedClient(client, libVersion), flow: client, libVersion, uri };
  } catch (error) {
    client.destroy();
    const reason = await client.closed;
    // A program between may say only now that there was never a server.
    throw reason instanceof ConnectionLostError && reason.code === 'UNREACHABLE' ? reason : error;
  }
}

/** From here on the server asks, too, and ends a connection that does not answer. */
async function askForKeepalive(
  client: RpcClient,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  try {
    await client.call(connectSupportsFeature, { feature: DrvFeature.PROGRAM_KEEPALIVE }, options);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
}
