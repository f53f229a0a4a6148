import type { Duplex } from 'node:stream';

/** One way to reach a server: it opens a stream of bytes in both directions, and nothing more. */
export interface Transport {
  /** What it connects to, for messages. */
  readonly name: string;
  /** Nobody on the way can read what passes: passwords may be sent. */
  readonly secure: boolean;
  /**
   * Throws `ConnectionLostError` `UNREACHABLE`, `TimeoutError`, or the signal's reason, and leaves nothing open then. A stream
   * that turns out to lead nowhere is destroyed with a `ConnectionLostError` `UNREACHABLE`.
   */
  open(options: { readonly signal?: AbortSignal | undefined }): Promise<Duplex>;
}
