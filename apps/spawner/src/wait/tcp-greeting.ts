import { once } from 'node:events';
import { connect } from 'node:net';
import type { Endpoint } from '../instance/endpoint.ts';

interface Options {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Whether a TCP server is there whose first bytes are these. Throws the signal's reason only. */
export async function greetsAs(
  { address, port }: Endpoint,
  greeting: string,
  { timeoutMs, signal }: Options,
): Promise<boolean> {
  signal.throwIfAborted();
  const socket = connect({ host: address, port });
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    let seen = '';
    while (seen.length < greeting.length) {
      const [bytes] = (await once(socket, 'data', { signal: over })) as [Buffer];
      seen += bytes.toString('latin1');
    }
    return seen.startsWith(greeting);
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}
