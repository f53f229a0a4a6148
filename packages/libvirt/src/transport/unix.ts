import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionLostError, TimeoutError } from '../errors.ts';
import type { ClientHost } from '../uri/host.ts';
import type { UnixSocket } from '../uri/unix-socket.ts';
import { connectSocket } from './connect-socket.ts';
import { type StartedDaemon, startDaemon } from './session-daemon.ts';
import type { Transport } from './transport.ts';

type Signal = { readonly signal?: AbortSignal | undefined };

const RETRY_MS = 10;
const RETRIES = 500;

/** A socket of this host. Where libvirt starts a session daemon on demand, so does this, once. */
export function unixTransport(socket: UnixSocket, host: ClientHost): Transport {
  return {
    name: socket.path,
    secure: true,
    async open(options) {
      try {
        return await connectSocket({ path: socket.path }, socket.path, options);
      } catch (error) {
        if (!nobodyListens(error)) throw error;
        if (socket.daemons.length === 0) throw alsoMissing(error, socket);
        return await connectStarted(await startDaemon(socket, host), options);
      }
    },
  };
}

/**
 * libvirt's client serializes this with a record lock on a file, which Node.js has no call for. Not needed: daemons that are
 * started twice at the same time decide by the lock on their pid file, the second one exits, and both clients reach the first.
 */
async function connectStarted(daemon: StartedDaemon, { signal }: Signal): Promise<Socket> {
  let last: unknown;
  for (let tries = 0; tries < RETRIES; tries++) {
    try {
      return await connectSocket({ path: daemon.socketPath }, daemon.socketPath, { signal });
    } catch (error) {
      if (!nobodyListens(error)) throw error;
      last = error;
    }
    await delay(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
  const timeoutMs = RETRY_MS * RETRIES;
  const message = `${daemon.file} was started, and does not listen at "${daemon.socketPath}" after ${timeoutMs} ms (${daemon.state()})`;
  throw new TimeoutError(message, timeoutMs, { cause: last });
}

function nobodyListens(error: unknown): error is ConnectionLostError {
  if (!(error instanceof ConnectionLostError)) return false;
  const { code } = error.cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

function alsoMissing(error: ConnectionLostError, { missing }: UnixSocket): ConnectionLostError {
  if (missing.length === 0) return error;
  const message = `${error.message}, and nothing is there at ${missing.join(', ')} either`;
  return new ConnectionLostError('UNREACHABLE', message, { cause: error.cause });
}
