import { execFileSync, type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Root's daemon would get in the way of the machine's own; any other user's has nothing in common with it. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const START_MS = 15_000;

export interface PrivateDaemonOptions {
  /** Of libvirtd.conf; texts are quoted. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** Users and passwords for SASL, and the mechanisms that are offered. */
  readonly sasl?: { readonly mechanisms: string; readonly users: Readonly<Record<string, string>> };
}

/** A libvirtd of our own, with its own configuration, sockets and state, that nobody else uses. */
export interface PrivateDaemon extends AsyncDisposable {
  readonly directory: string;
  readonly socket: string;
  /** Ends it, waits, and starts another one in its place. */
  restart(pauseMs?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Why there can be none; undefined when there can. */
export const daemonObstacle = existsSync('/usr/sbin/libvirtd') ? undefined : '/usr/sbin/libvirtd is missing';

/** Installs what these tests need beside libvirt itself, where that is allowed. */
export function installRemote(): void {
  const setup = join(import.meta.dirname, '../../../tooling/setup/debian');
  execFileSync(setup, ['remote'], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A directory of the user whom the daemon runs as. */
export function daemonDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'libvirt-own-'));
  if (NOBODY.uid !== undefined) chownSync(directory, NOBODY.uid, NOBODY.gid);
  return directory;
}

export async function privateDaemon({ config = {}, sasl }: PrivateDaemonOptions = {}): Promise<PrivateDaemon> {
  const directory = daemonDirectory();
  const socket = join(directory, 'libvirt-sock');
  const settings = { unix_sock_dir: directory, listen_addr: '127.0.0.1', listen_tls: 0, listen_tcp: 0, ...config };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  writeFileSync(join(directory, 'libvirtd.conf'), lines.join(''));
  if (sasl) writeSasl(directory, sasl);
  let child = await startDaemon(directory, socket);
  return {
    directory,
    socket,
    async restart(pauseMs = 0) {
      await endDaemon(child);
      await delay(pauseMs);
      child = await startDaemon(directory, socket);
    },
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      await endDaemon(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startDaemon(directory: string, socket: string): Promise<ChildProcess> {
  const places = ['HOME', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'].map((name) => [name, directory]);
  const env = { ...Object.fromEntries(places), PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SASL_CONF_PATH: directory };
  // Should the tests die, it ends by itself.
  const args = [
    '--config',
    join(directory, 'libvirtd.conf'),
    '--pid-file',
    join(directory, 'pid'),
    '--listen',
    '--timeout=120',
  ];
  const child = spawn('/usr/sbin/libvirtd', args, {
    ...NOBODY,
    env,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  for (const end = Date.now() + START_MS; !(await listens(socket)); await delay(20)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`libvirtd does not listen at ${socket}: ${words}`);
  }
  return child;
}

async function endDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await over;
  clearTimeout(timer);
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path);
  const connected = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return connected;
}

function writeSasl(directory: string, { mechanisms, users }: NonNullable<PrivateDaemonOptions['sasl']>): void {
  const database = join(directory, 'passwd.db');
  const config = `mech_list: ${mechanisms}\nsasldb_path: ${database}\npwcheck_method: auxprop\nauxprop_plugin: sasldb\n`;
  writeFileSync(join(directory, 'libvirt.conf'), config);
  for (const [name, password] of Object.entries(users)) {
    execFileSync('/usr/sbin/saslpasswd2', ['-p', '-c', '-f', database, '-a', 'libvirt', name], { input: password });
  }
  if (NOBODY.uid !== undefined) chownSync(database, NOBODY.uid, NOBODY.gid);
}
