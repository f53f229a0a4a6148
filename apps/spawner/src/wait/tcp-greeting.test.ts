import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { greetsAs } from './tcp-greeting.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that says these pieces one after another. */
async function listen(...pieces: readonly string[]): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => {}).setNoDelay();
    const say = ([piece, ...rest]: readonly string[]): void => {
      if (piece !== undefined) socket.write(piece, () => setImmediate(say, rest));
    };
    say(pieces);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

const ask = (port: number, timeoutMs = 2000, signal = new AbortController().signal) =>
  greetsAs({ address: '127.0.0.1', port }, 'SSH-', { timeoutMs, signal });

test('greetsAs knows an SSH server, also by pieces', async () => {
  expect(await ask(await listen('SS', 'H-2.0-test\r\n'))).toBe(true);
});

test('another server is none', async () => {
  expect(await ask(await listen('220 mail\r\n'))).toBe(false);
});

test('a server that says nothing, or none at all, is none', async () => {
  const port = await listen();
  expect(await ask(port, 50)).toBe(false);
  server?.close();
  expect(await ask(port)).toBe(false);
});

test('an abort is thrown', async () => {
  const controller = new AbortController();
  const asked = ask(await listen(), 2000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
});
