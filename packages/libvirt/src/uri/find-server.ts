import { unsupported } from '../errors.ts';
import { tcpTransport } from '../transport/tcp.ts';
import type { Transport } from '../transport/transport.ts';
import { unixTransport } from '../transport/unix.ts';
import { type ClientHost, defaultUri } from './host.ts';
import { type ConnectionUri, invalid, parseUri, shownUri } from './parse-uri.ts';
import { serverUri } from './server-uri.ts';
import { unixSocket } from './unix-socket.ts';

export interface FoundServer {
  readonly transport: Transport;
  /** For CONNECT_OPEN; empty lets the server choose. */
  readonly uri: string;
  /** What was asked for, or the default; undefined when nothing says anything. */
  readonly given: string | undefined;
}

/** Which socket serves a URI, and what to say there. Throws `ProtocolError` `INVALID_URI` or `UnsupportedError`. */
export async function findServer(
  text: string | undefined,
  options: { readonly readonly: boolean; readonly transport?: Transport | undefined },
  host: ClientHost,
): Promise<FoundServer> {
  const given = text || (await defaultUri(host));
  const uri = given === undefined ? undefined : parseUri(given);
  const transport = options.transport ?? transportOf(uri, given, options, host);
  return { transport, uri: uri ? serverUri(uri) : '', given };
}

function transportOf(
  uri: ConnectionUri | undefined,
  given: string | undefined,
  options: { readonly readonly: boolean },
  host: ClientHost,
): Transport {
  const transport = uri?.transport ?? (uri?.host === undefined ? 'unix' : 'tls');
  switch (transport) {
    case 'unix':
      if (uri?.host !== undefined) throw invalid(given ?? '', 'a unix socket has no host');
      return unixTransport(unixSocket(uri, options, host), host);
    case 'tcp':
      return tcpTransport({ host: uri?.host ?? 'localhost', ...(uri?.port === undefined ? {} : { port: uri.port }) });
    default:
      throw unsupported(
        `"${shownUri(given ?? '')}" needs the transport ${transport}; this client has unix and tcp so far`,
      );
  }
}
