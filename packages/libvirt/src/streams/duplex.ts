import { Duplex } from 'node:stream';
import type { PacketStream, StreamPacket } from '../client/rpc-client.ts';
import { ProtocolError } from '../errors.ts';
import type { Flow } from './flow.ts';
import { sparseSender } from './holes.ts';
import { type Intake, intake } from './intake.ts';
import { StreamOverflowError } from './stream-overflow-error.ts';

export interface DuplexOptions {
  /** Which way bytes go, seen from the client; a console goes both ways. */
  readonly direction: 'read' | 'write' | 'both';
  readonly signal?: AbortSignal | undefined;
  /** Received bytes that may wait for a slow reader where nothing can stop the daemon; default 64 MiB. */
  readonly bufferLimitBytes?: number | undefined;
  /** Stops the daemon while the reader wants nothing. */
  readonly flow?: Flow | undefined;
  /** The stream was opened as sparse: zeros are written as holes, and holes are read as zeros. */
  readonly sparse?: boolean | undefined;
  /** The reader gets `Segment`s instead of bytes. */
  readonly segments?: boolean | undefined;
}

const BUFFER_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The packets of one stream as a Node stream. `end()` finishes by the protocol: 'finish' comes after the daemon's
 * confirmation, an error of the daemon (a full volume, say) is the stream's. The daemon's end is confirmed before 'end'
 * is emitted. `destroy()` before that, and an abort of the signal, abort at the daemon.
 *
 * The protocol has no window. With a `flow` a reader who takes nothing stops the connection; without one, bytes that are
 * not taken are buffered, and beyond the limit the stream fails with {@link StreamOverflowError}, since to stop reading
 * would hold up every reply of the connection.
 */
export function duplexOver(packets: PacketStream, options: DuplexOptions): Duplex {
  const { direction, signal, bufferLimitBytes = BUFFER_LIMIT_BYTES, flow, sparse = false, segments = false } = options;
  const sender = sparse ? sparseSender(packets) : packets;
  let over = false;
  let finishing: Promise<void> | undefined;
  const finishNow = async () => {
    try {
      await sender.finish();
      if (direction !== 'write' && !stream.destroyed) received.end();
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
    readableObjectMode: segments,
    read: () => received.wanted(),
    // An empty packet would mean the end of the stream.
    write: (chunk: Buffer, _encoding, callback) =>
      chunk.length === 0 ? callback() : report(sender.send(chunk), callback),
    final: (callback) => report(finish(), callback),
    destroy(error, callback) {
      signal?.removeEventListener('abort', abort);
      const aborting = over ? Promise.resolve() : packets.abort();
      over = true;
      // The daemon's confirmation comes after whatever is under way.
      flow?.resume();
      // The error that led here matters, not that the connection could no longer be told.
      report(
        aborting.catch(() => {}),
        () => callback(error),
      );
    },
  });
  const received = intake({ push: (piece) => stream.push(piece), flow, segments });

  packets.onPacket((packet) => {
    if (stream.destroyed) return;
    if (packet.type === 'end') finish().catch((error: Error) => stream.destroy(error));
    else if (packet.type === 'error') {
      over = true;
      stream.destroy(packet.error);
    } else {
      const error = take(received, packet, sparse);
      if (error) stream.destroy(error);
      else if (!flow && received.waitingBytes > bufferLimitBytes)
        stream.destroy(new StreamOverflowError(bufferLimitBytes));
    }
  });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return stream;
}

type Arrived = Extract<StreamPacket, { readonly type: 'data' | 'hole' }>;

/** Answers what is wrong with the packet. */
function take(received: Intake, packet: Arrived, sparse: boolean): ProtocolError | undefined {
  if (packet.type === 'data') received.add(packet);
  else if (!sparse) return malformed('The daemon sent a hole in a stream that was not opened as sparse');
  else if (packet.length < 0n) return malformed(`The daemon sent a hole of ${packet.length} bytes`);
  else if (packet.length > 0n) received.add({ type: 'hole', lengthBytes: packet.length });
  return undefined;
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('MALFORMED', message);
}

function report(work: Promise<void>, callback: (error?: Error | null) => void): void {
  work.then(
    () => callback(),
    (error: Error) => callback(error),
  );
}
