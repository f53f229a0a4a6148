import { spawn } from 'node:child_process';
import { type FileHandle, stat } from 'node:fs/promises';
import { EffectsError } from './errors.ts';

export interface FlockOptions {
  readonly shared?: boolean | undefined;
  /** False: `LOCK_HELD` at once when somebody else has it. Default true. */
  readonly wait?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONFLICT = 75;

/**
 * Locks an open file (flock(2)) until it is closed, which the kernel does when this process dies. The lock belongs to the open
 * file and not to a process, so flock(1), a child that inherits the file as its stdin, takes it for us and ends. Throws
 * `EffectsError` `LOCK_HELD`, `LOCK_UNUSABLE`, or the signal's reason.
 */
export async function lockFile(file: FileHandle, path: string, options: FlockOptions = {}): Promise<void> {
  const { shared = false, wait = true, signal } = options;
  signal?.throwIfAborted();
  const mode = shared ? '--shared' : '--exclusive';
  // One that waits must not outlive us; one that does not, cannot.
  const command = wait
    ? ['setpriv', '--pdeathsig', 'KILL', '--', 'flock', mode, '0']
    : ['flock', mode, '--nonblock', `--conflict-exit-code=${CONFLICT}`, '0'];
  const { exitCode, problem } = await run(command, file.fd, signal);
  signal?.throwIfAborted();
  if (exitCode === CONFLICT) {
    throw new EffectsError('LOCK_HELD', `"${path}" is locked by another process`, { path });
  }
  if (exitCode !== 0) {
    const message = `Cannot lock "${path}" with flock (package util-linux): ${problem || `exit code ${exitCode}`}`;
    throw new EffectsError('LOCK_UNUSABLE', message, { path, exitCode });
  }
}

/** Whether an open file is still the one at that path. */
export async function isFileAt(file: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([
    file.stat({ bigint: true }),
    stat(path, { bigint: true }).catch(() => undefined),
  ]);
  return ours.ino === there?.ino && ours.dev === there.dev;
}

interface Ended {
  readonly exitCode: number | null;
  readonly problem: string;
}

/** Not by `hostExec`, which hands no open files on. */
function run([file = '', ...args]: readonly string[], stdin: number, signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    // In a session of its own, so that Ctrl-C reaches nobody but us: whether to stop is for the signal to say.
    const child = spawn(file, args, { stdio: [stdin, 'ignore', 'pipe'], detached: true });
    const kill = () => child.kill('SIGKILL');
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (problem += text));
    child.once('error', (error) => end(null, error.message));
    child.once('close', (exitCode) => end(exitCode, problem.trim()));
    signal?.addEventListener('abort', kill, { once: true });
    function end(exitCode: number | null, text: string): void {
      signal?.removeEventListener('abort', kill);
      resolve({ exitCode, problem: text });
    }
  });
}
