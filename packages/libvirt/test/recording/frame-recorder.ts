import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '../../src/wire/frame.ts';
import { frameSplitter } from '../../src/wire/frame-splitter.ts';

export interface FrameRecorder extends AsyncDisposable {
  /** The socket to connect to. */
  readonly path: string;
  /** Every frame that the daemon has sent, in order. */
  readonly frames: readonly Frame[];
}

/** A socket that leads to another one, and keeps what comes back. */
export async function frameRecorder(target: string): Promise<FrameRecorder> {
  const directory = await mkdtemp(join(tmpdir(), 'libvirt-recorder-'));
  const path = join(directory, 'sock');
  const frames: Frame[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const daemon = createConnection(target);
    daemon.on(
      'data',
      frameSplitter((frame) => frames.push({ ...frame, payload: frame.payload.slice() })),
    );
    daemon.pipe(client).pipe(daemon);
    for (const socket of [client, daemon]) sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    frames,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
