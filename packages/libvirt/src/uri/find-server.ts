import { unsupported } from '../errors.ts';
import { commandTransport } from '../transport/command.ts';
import { tcpTransport } from '../transport/tcp.ts';
import { tlsTransport } from '../transport/tls.ts';
import type { Transport } from '../transport/transport.ts';
import { unixTransport } from '../transport/unix.ts';
import { givenUri } from './given-uri.ts';
import type { ClientHost } from './host.ts';
import { type ConnectionUri, invalid, isSet, param, parseUri, shownUri } from './parse-uri.ts';
import { serverUri } from './server-uri.ts';
import { sshCommand } from './ssh-command.ts';
import { tlsFiles } from './tls-files.ts';
import { unixSocket } from './unix-socket.ts';

export interface FoundServer {
  readonly transport: Transport;
  /** For CONNECT_OPEN; empty lets the server choose. */
  readonly uri: string;
  /** What was asked for, or the default; undefined when nothing says anything. */
  readonly given: ConnectionUri | undefined;
}

interface Options {
  readonly readonly: boolean;
  /** Instead of what the URI says. */
  readonly transport?: Transport | undefined;
}

/** How to reach the server of a URI, and what to say there. Throws `ProtocolError` `INVALID_URI` or `UnsupportedError`. */
export async function findServer(text: string | undefined, options: Options, host: ClientHost): Promise<FoundServer> {
  const found = await givenUri(text, host);
  const given = found === undefined ? undefined : parseUri(found);
  const transport = options.transport ?? transportOf(given, options, host);
  return { transport, uri: given ? serverUri(given) : '', given };
}

function transportOf(uri: ConnectionUri | undefined, options: Options, host: ClientHost): Transport {
  if (!uri) return unixTransport(unixSocket(undefined, options, host), host);
  switch (uri.transport ?? (uri.host === undefined ? 'unix' : 'tls')) {
    case 'unix':
      if (uri.host !== undefined) throw invalid(uri.text, 'a unix socket has no host');
      return unixTransport(unixSocket(uri, options, host), host);
    case 'tcp':
      return tcpTransport({ host: uri.host ?? 'localhost', port: uri.port });
    case 'tls':
      return tls(uri, host);
    case 'ssh':
    case 'libssh':
    case 'libssh2':
      return ssh(uri, options, host);
    case 'ext':
      return ext(uri, host);
    default:
      throw invalid(
        uri.text,
        `"${uri.transport}" is no transport; there are unix, tcp, tls, ssh, libssh, libssh2 and ext`,
      );
  }
}

function tls(uri: ConnectionUri, clientHost: ClientHost): Transport {
  const priority = param(uri, 'tls_priority');
  if (priority && priority !== 'NORMAL') {
    throw unsupported(
      `"${shownUri(uri.text)}": tls_priority is written in the language of GnuTLS, which this client does not use; ` +
        'leave it out, and restrict versions and ciphers on the server or by NODE_OPTIONS=--tls-min-v1.3, --tls-cipher-list=…',
    );
  }
  const { host = 'localhost', port } = uri;
  const verify = !isSet(uri, 'no_verify');
  return tlsTransport({ host, port, verify, files: tlsFiles(param(uri, 'pkipath'), clientHost) });
}

function ssh(uri: ConnectionUri, options: Options, { env }: ClientHost): Transport {
  const { host = 'localhost', port } = uri;
  const name = `${host}${port === undefined ? '' : `:${port}`} by ssh`;
  return commandTransport({ name, ...sshCommand(uri, options), env, secure: true });
}

/** libvirt's own client gives the program no arguments, either. It may do anything, so no password is entrusted to it. */
function ext(uri: ConnectionUri, { env }: ClientHost): Transport {
  const file = param(uri, 'command');
  if (!file)
    throw invalid(uri.text, 'the transport ext needs command=, a program whose input and output lead to a server');
  return commandTransport({ name: `the command ${file}`, file, args: [], env, secure: false });
}
