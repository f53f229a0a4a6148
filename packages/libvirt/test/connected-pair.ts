import { type Duplex, duplexPair } from 'node:stream';

/** Two ends of one connection, which close together, as sockets do. (Those of `duplexPair` do so since Node 24.) */
export function connectedPair(): [Duplex, Duplex] {
  const [near, far] = duplexPair();
  near.once('close', () => far.destroy());
  far.once('close', () => near.destroy());
  return [near, far];
}
