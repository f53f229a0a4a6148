import type { Duplex } from 'node:stream';

/** One way to reach a server: it opens a stream of bytes in both directions, and nothing more. */
export interface Transport {
  /** What it connects to, for messages. */
  readonly name: string;
  /** Throws `ConnectionLostError` `UNREACHABLE`, `TimeoutError`, or the signal's reason, and leaves nothing open then. */
  open(options: { readonly signal?: AbortSignal | undefined }): Promise<Duplex>;
}
