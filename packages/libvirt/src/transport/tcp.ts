import { connectSocket, hostAndPort } from './connect-socket.ts';
import type { Transport } from './transport.ts';

/** Unencrypted: for networks that protect what passes through them. */
export function tcpTransport({
  host,
  port = 16_509,
}: {
  readonly host: string;
  readonly port?: number | undefined;
}): Transport {
  const name = hostAndPort(host, port);
  return {
    name,
    secure: false,
    async open(options) {
      const socket = await connectSocket({ host, port }, name, options);
      return socket.setNoDelay(true);
    },
  };
}
