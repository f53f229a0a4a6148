import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ConnectionLostError } from '../errors.ts';
import type { ClientHost } from '../uri/host.ts';
import type { UnixSocket } from '../uri/unix-socket.ts';

/** A daemon on its way. */
export interface StartedDaemon {
  readonly file: string;
  /** Where this one will listen; another one than expected when only the daemon for everything is installed. */
  readonly socketPath: string;
  /** `running`, or how it ended. */
  state(): string;
}

/** It ends by itself after two minutes without clients. */
const ARGUMENTS = ['--timeout=120'];
/** What a daemon that outlives its starter needs of the environment; the rest may hold secrets of the starter. */
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'];

/** Starts the first installed daemon of those that may serve, detached. Throws `ConnectionLostError` `UNREACHABLE` when none is. */
export async function startDaemon(socket: UnixSocket, host: ClientHost): Promise<StartedDaemon> {
  const { daemon, file } = findDaemon(socket, host);
  const socketPath = daemon === socket.daemons[0] ? socket.path : join(dirname(socket.path), socketName(daemon));
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  const env = Object.fromEntries(PASSED.flatMap((name) => (host.env[name] ? [[name, host.env[name]]] : [])));
  const child = spawn(file, ARGUMENTS, { detached: true, stdio: 'ignore', cwd: '/', env: { ...env, LC_ALL: 'C' } });
  let state = 'it still runs';
  child.once('error', (error) => (state = `it could not be started: ${error.message}`));
  child.once('exit', (code, signal) => (state = `it ended with ${signal ?? `exit code ${code}`}`));
  child.unref();
  return { file, socketPath, state: () => state };
}

function findDaemon({ daemons, path }: UnixSocket, { env }: ClientHost): { daemon: string; file: string } {
  const own = [env['VIRTD_PATH'], env['LIBVIRTD_PATH']].filter((directory) => directory !== undefined);
  const directories = [...own, ...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].filter(Boolean);
  for (const daemon of daemons) {
    const file = directories.map((directory) => join(directory, daemon)).find(isExecutable);
    if (file !== undefined) return { daemon, file };
  }
  const cause = Object.assign(new Error(`none of ${daemons.join(', ')} is installed`), { code: 'ENOENT' });
  const message = `Nobody listens at "${path}", and no daemon can be started there: ${cause.message}`;
  throw new ConnectionLostError('UNREACHABLE', message, { cause });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function socketName(daemon: string): string {
  return `${daemon === 'libvirtd' ? 'libvirt' : daemon}-sock`;
}
