import { connect, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net';
import { ConnectionLostError } from '../errors.ts';

/** Connects a socket. Throws `ConnectionLostError` `UNREACHABLE`, whose `cause` has the system's code, or the signal's reason. */
export async function connectSocket(
  to: NetConnectOpts,
  name: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Socket> {
  signal?.throwIfAborted();
  const socket: Socket = connect({ ...to, onread: readInto(() => socket) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const refuse = (cause: NodeJS.ErrnoException) =>
    reject(
      new ConnectionLostError('UNREACHABLE', `Cannot connect to ${name}: ${cause.code ?? cause.message}`, { cause }),
    );
  socket.once('connect', resolve);
  socket.once('error', refuse);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.off('error', refuse);
    signal?.removeEventListener('abort', abort);
  }
}

/** As much as Node.js itself reads at once; more comes from memory that the system has to map anew each time. */
const READ_BYTES = 65_536;
/** Below this a copy is cheaper than new memory to read into. */
const COPY_BYTES = 16_384;

/**
 * Spares replies of a few bytes the new memory that Node.js by itself takes for each read.
 */
function readInto(socket: () => Socket): OnReadOpts {
  let memory = Buffer.allocUnsafeSlow(READ_BYTES);
  return {
    buffer: () => memory,
    callback(bytes) {
      const read = memory.subarray(0, bytes);
      if (bytes < COPY_BYTES) return socket().push(Buffer.from(read));
      memory = Buffer.allocUnsafeSlow(READ_BYTES);
      return socket().push(read);
    },
  };
}

/** A host and its port for messages: `host:1`, `[::1]:1`. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
