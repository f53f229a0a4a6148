import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import type { ClientHost } from '../uri/host.ts';
import { tcpTransport } from './tcp.ts';
import { unixTransport } from './unix.ts';

let directory: string;
let host: ClientHost;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-unix-'));
  const env = { PATH: directory, XDG_RUNTIME_DIR: directory, TOKEN: 'secret' };
  host = hostIn(directory, { env, euid: 1000 });
});
afterEach(() => rmSync(directory, { recursive: true }));

const transport = (daemons: readonly string[] = [], name = 'run/libvirt-sock') =>
  unixTransport({ path: join(directory, name), missing: [join(directory, 'other-sock')], daemons }, host);

/** A program that listens where a daemon would after `delayMs`, writes down how it was started, and ends with its first client. */
function fakeDaemon(name: string, code: string): void {
  const script = `#!${process.execPath}\nconst { env, argv, pid } = process;\nconst directory = ${JSON.stringify(directory)};\n${code}`;
  writeFileSync(join(directory, name), script, { mode: 0o755 });
}
const LISTEN = `
  require('fs').appendFileSync(directory + '/started', JSON.stringify({ args: argv.slice(2), env }) + '\\n');
  setTimeout(() => require('net').createServer((client) => { client.end('hello'); process.exitCode = 0; setTimeout(() => process.exit(), 50); })
    .listen(directory + '/run/libvirt-sock'), 100);`;

async function listening(server: Server, path: string): Promise<AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

test('a socket that listens is opened', async () => {
  const path = join(directory, 'sock');
  await using _ = await listening(
    createServer((client) => client.end('hi')),
    path,
  );
  const socket = await transport([], 'sock').open({});
  const [chunk] = await socket.toArray();
  expect(String(chunk)).toBe('hi');
});

test('a tcp port that listens is opened', async () => {
  const server = createServer((client) => client.end('hi'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = await tcpTransport({ host: '127.0.0.1', port }).open({});
  expect(String((await socket.toArray())[0])).toBe('hi');
  await new Promise((resolve) => server.close(resolve));
  await expect(tcpTransport({ host: '127.0.0.1', port }).open({})).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: `Cannot connect to 127.0.0.1:${port}: ECONNREFUSED`,
  });
});

test('nobody there is UNREACHABLE, with every place that was looked at and the system’s code', async () => {
  await expect(transport().open({})).rejects.toMatchObject({
    name: 'ConnectionLostError',
    code: 'UNREACHABLE',
    maybeExecuted: false,
    message: `Cannot connect to ${directory}/run/libvirt-sock: ENOENT, and nothing is there at ${directory}/other-sock either`,
    cause: { code: 'ENOENT' },
  });
});

test('an aborted signal opens nothing', async () => {
  await expect(transport().open({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
});

test('a session daemon is started once, detached, with what it needs of the environment and no more', async () => {
  fakeDaemon('libvirtd', LISTEN);
  const socket = await transport(['virtqemud', 'libvirtd'], 'run/virtqemud-sock').open({});
  expect(String((await socket.toArray())[0])).toBe('hello');
  const started = readFileSync(join(directory, 'started'), 'utf8').trim().split('\n');
  expect(started).toHaveLength(1);
  expect(JSON.parse(started[0] ?? '')).toEqual({
    args: ['--timeout=120'],
    env: { PATH: directory, XDG_RUNTIME_DIR: directory, LC_ALL: 'C' },
  });
});

test('no daemon that could be started is UNREACHABLE at once', async () => {
  await expect(transport(['virtnoned']).open({})).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('none of virtnoned is installed'),
  });
});

test('a daemon that never listens is a TimeoutError that says how it ended', async () => {
  fakeDaemon('libvirtd', 'process.exit(6);');
  await expect(transport(['libvirtd']).open({})).rejects.toMatchObject({
    name: 'TimeoutError',
    message: expect.stringContaining('it ended with exit code 6'),
    cause: { cause: { code: 'ENOENT' } },
  });
}, 20_000);

test('an abort ends the wait for a daemon', async () => {
  fakeDaemon('libvirtd', 'process.exit(6);');
  const opening = transport(['libvirtd']).open({ signal: AbortSignal.timeout(200) });
  await expect(opening).rejects.toMatchObject({ name: 'TimeoutError', code: 23 });
});
