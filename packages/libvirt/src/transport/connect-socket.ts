import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { ConnectionLostError } from '../errors.ts';

/** Connects a socket. Throws `ConnectionLostError` `UNREACHABLE`, whose `cause` has the system's code, or the signal's reason. */
export async function connectSocket(
  to: NetConnectOpts,
  name: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = connect(to);
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

/** A host and its port for messages: `host:1`, `[::1]:1`. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
