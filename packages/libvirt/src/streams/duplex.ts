import { Duplex } from 'node:stream';
import type { PacketStream } from '../client/rpc-client.ts';
import { ProtocolError } from '../errors.ts';
import { StreamOverflowError } from './stream-overflow-error.ts';

export interface DuplexOptions {
  /** Which way bytes go, seen from the client; a console goes both ways. */
  readonly direction: 'read' | 'write' | 'both';
  readonly signal?: AbortSignal | undefined;
  /** Received bytes that may wait for a slow reader; default 64 MiB. */
  readonly bufferLimitBytes?: number | undefined;
}

const BUFFER_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The packets of one stream as a Node stream. `end()` finishes by the protocol: 'finish' comes after the daemon's
 * confirmation, an error of the daemon (a full volume, say) is the stream's. The daemon's end is confirmed before 'end'
 * is emitted. `destroy()` before that, and an abort of the signal, abort at the daemon.
 *
 * The protocol has no window: bytes that the reader does not take are buffered, and beyond the limit the stream fails
 * with {@link StreamOverflowError}, since to stop reading would hold up every reply of the connection.
 */
export function duplexOver(packets: PacketStream, options: DuplexOptions): Duplex {
  const { direction, signal, bufferLimitBytes = BUFFER_LIMIT_BYTES } = options;
  let over = false;
  let finishing: Promise<void> | undefined;
  const finishNow = async () => {
    try {
      await packets.finish();
      if (direction !== 'write' && !stream.destroyed) stream.push(null);
    } finally {
      over = true;
    }
  };
  const finish = () => (finishing ??= finishNow());
  const abort = () => stream.destroy(signal?.reason);

  // Options of Node that its types do not list.
  const sides: object = { readable: direction !== 'write', writable: direction !== 'read' };
  const stream = new Duplex({
    ...sides,
    allowHalfOpen: false,
    read() {},
    // An empty packet would mean the end of the stream.
    write: (chunk: Buffer, _encoding, callback) =>
      chunk.length === 0 ? callback() : report(packets.send(chunk), callback),
    final: (callback) => report(finish(), callback),
    destroy(error, callback) {
      signal?.removeEventListener('abort', abort);
      const aborting = over ? Promise.resolve() : packets.abort();
      over = true;
      // The error that led here matters, not that the connection could no longer be told.
      report(
        aborting.catch(() => {}),
        () => callback(error),
      );
    },
  });

  packets.onPacket((packet) => {
    if (stream.destroyed) return;
    if (packet.type === 'data') receive(stream, packet.data, bufferLimitBytes);
    else if (packet.type === 'end') finish().catch((error: Error) => stream.destroy(error));
    else if (packet.type === 'hole') stream.destroy(unexpectedHole());
    else {
      over = true;
      stream.destroy(packet.error);
    }
  });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return stream;
}

function receive(stream: Duplex, data: Uint8Array, limit: number): void {
  if (stream.readableLength + data.length > limit) stream.destroy(new StreamOverflowError(limit));
  else stream.push(data);
}

function unexpectedHole(): ProtocolError {
  return new ProtocolError('MALFORMED', 'The daemon sent a hole in a stream that was not opened as sparse');
}

function report(work: Promise<void>, callback: (error?: Error | null) => void): void {
  work.then(
    () => callback(),
    (error: Error) => callback(error),
  );
}
