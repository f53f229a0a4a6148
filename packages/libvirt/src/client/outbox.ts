import type { Duplex } from 'node:stream';

/** Frames on their way to the socket: those of one tick leave in one write. */
export interface Outbox {
  /** Takes the parts of a frame. They must not change any more. */
  push(...parts: readonly Uint8Array[]): void;
  /** Resolves when everything pushed so far was handed to the socket and the socket wants more, or is gone. */
  drained(): Promise<void>;
}

/** Below this copying frames into one buffer is cheaper than a vectored write. */
const JOIN_BYTES = 65_536;

export function outbox(socket: Duplex): Outbox {
  let queued: Uint8Array[] = [];
  let waiting: (() => void)[] = [];

  const release = () => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
  };
  const flush = () => {
    const parts = queued;
    queued = [];
    if (!socket.writable) return release();
    write(socket, parts);
    if (!socket.writableNeedDrain) release();
  };
  socket.on('drain', release);
  socket.on('close', release);

  return {
    push(...parts) {
      if (queued.length === 0) process.nextTick(flush);
      queued.push(...parts);
    },
    drained() {
      if (queued.length === 0 && !socket.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

function write(socket: Duplex, parts: readonly Uint8Array[]): void {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (parts.length === 1 || bytes <= JOIN_BYTES) {
    socket.write(parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes));
    return;
  }
  socket.cork();
  for (const part of parts) socket.write(part);
  socket.uncork();
}
