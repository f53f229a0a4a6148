import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { type InstanceEvent, parseInstanceEvent } from '../instance-event.ts';

/** One event and its answer are a line of JSON each. */
export const LINE_BYTES = 8192;
const IDLE_MS = 5000;
const CONNECTIONS = 64;

/** Takes an event; answers whether somebody waits for it. */
export type TakeEvent = (event: InstanceEvent) => boolean;

/** Listens at a path until it is left; only this user may connect. Throws what the system says, such as `EADDRINUSE`. */
export async function listenForEvents(path: string, take: TakeEvent): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    receive(socket, take);
  });
  server.maxConnections = CONNECTIONS;
  await listening(server, path);
  await chmod(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** One event per connection. Whoever says too much, or nothing, is hung up on. */
function receive(socket: Socket, take: TakeEvent): void {
  let text = '';
  socket.setEncoding('utf8').setTimeout(IDLE_MS, () => socket.destroy());
  // Whoever has gone needs no answer.
  socket.on('error', () => {});
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) socket.end(`${JSON.stringify(answer(text.slice(0, end), take))}\n`);
    else if (text.length > LINE_BYTES) socket.destroy();
  });
}

function answer(line: string, take: TakeEvent): { readonly awaited: boolean } | { readonly error: string } {
  try {
    return { awaited: take(parseInstanceEvent(JSON.parse(line))) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
