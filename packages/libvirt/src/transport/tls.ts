import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ConnectionLostError } from '../errors.ts';
import type { TlsFiles } from '../uri/tls-files.ts';
import { connectSocket, hostAndPort } from './connect-socket.ts';
import type { Transport } from './transport.ts';

export interface TlsOptions {
  /** The server's certificate must be made out to this name or address. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly files: TlsFiles;
  /** False takes any certificate of the server (`no_verify`). */
  readonly verify: boolean;
}

/** What a server sends when it has accepted the client's certificate; see virNetTLSSession in libvirt's RPC code. */
const ACCEPTED = 1;

/** Encrypted by certificates. The files are read anew each time, so that renewed ones are seen. */
export function tlsTransport({ host, port = 16_514, files, verify }: TlsOptions): Transport {
  const name = hostAndPort(host, port);
  return {
    name,
    secure: true,
    async open({ signal }) {
      const credentials = await readCredentials(files, verify);
      const socket = (await connectSocket({ host, port }, name, { signal })).setNoDelay(true);
      // A name tells a server of several which one is meant; an address may not stand there.
      const named = isIP(host) ? {} : { servername: host };
      const encrypted = connect({ socket, host, ...named, ...credentials, rejectUnauthorized: verify });
      const abort = () => encrypted.destroy();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await accepted(encrypted, name);
        return encrypted;
      } catch (error) {
        encrypted.destroy();
        socket.destroy();
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

interface Credentials {
  readonly ca?: string;
  readonly crl?: string;
  readonly cert?: string;
  readonly key?: string;
}

async function readCredentials({ ca, crl, client }: TlsFiles, verify: boolean): Promise<Credentials> {
  return {
    ...(verify ? { ca: await read(ca, 'certificate of the authority') } : {}),
    ...(verify && crl ? { crl: await read(crl, 'list of revoked certificates') } : {}),
    ...(client && { cert: await read(client.cert, 'client’s certificate') }),
    ...(client && { key: await read(client.key, 'client’s key') }),
  };
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `The ${what} cannot be read: ${code} at "${path}". Put it there, or name its directory by pkipath=`;
    throw new ConnectionLostError('UNREACHABLE', message, { cause });
  }
}

/** The handshake alone says nothing: with TLS 1.3 a server refuses the client's certificate only afterwards. */
async function accepted(socket: TLSSocket, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (why: string, cause?: Error) =>
    reject(new ConnectionLostError('UNREACHABLE', `Cannot connect to ${name} by TLS: ${why}`, { cause }));
  const failed = (error: NodeJS.ErrnoException) =>
    refuse(error.code ? `${error.message} (${error.code})` : error.message, error);
  const closed = () => refuse('the server closed the connection; does it accept this client’s certificate?');
  const readable = () => {
    const byte = readByte(socket);
    if (byte === ACCEPTED) resolve();
    else if (byte !== undefined) refuse(`the server answered ${byte} instead of accepting this client’s certificate`);
  };
  const events = { error: failed, end: closed, close: closed, readable } as const;
  for (const [event, listener] of Object.entries(events)) socket.on(event, listener);
  try {
    await promise;
  } finally {
    for (const [event, listener] of Object.entries(events)) socket.off(event, listener);
  }
}

function readByte(socket: Duplex): number | undefined {
  const bytes: Uint8Array | null = socket.read(1);
  return bytes?.[0];
}
