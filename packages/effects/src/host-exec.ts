import { statSync } from 'node:fs';
import { execa } from 'execa';
import { type Child, identifyChild } from './child.ts';
import { type CommandStop, commandStop } from './command-stop.ts';
import { EffectsError } from './errors.ts';
import type { Exec, ExecLimits, ExecOptions } from './exec.ts';
import { OUTPUT_BYTES, type Outcome, verdict } from './exec-verdict.ts';
import { type Logger, silentLogger } from './logger.ts';
import { endGroup } from './process-group.ts';
import { baseEnvironment, findProgram, findUtilLinux } from './programs.ts';
import { Secret } from './secret.ts';

export interface HostExecOptions {
  readonly log?: Logger;
  /** Told of each command once it runs; awaited before the command's result is delivered. If it fails, the command is ended and the call rejects with its error. */
  readonly onChild?: (child: Child) => void | Promise<void>;
  /** Told when a command that `onChild` was told of is gone. Its error becomes the call's. */
  readonly onChildEnd?: (child: Child) => void | Promise<void>;
}

/**
 * Commands on this host. Each runs in a session and process group of its own, with a minimal environment, under its limits
 * (prlimit(1)), and is killed by the kernel when this process dies, even by SIGKILL (setpriv(1) --pdeathsig). Needs
 * util-linux.
 *
 * What PR_SET_PDEATHSIG(2const) leaves open: it reaches the command and not the command's own children; it is lost by a
 * program with set-user-ID or file capabilities; it belongs to the thread that starts the command, so a worker that ends
 * takes its commands along; and a caller that dies in the moment between fork and prctl is not noticed. `onChild` is there to
 * write down who runs, so that {@link endChild} ends such survivors later.
 */
export function hostExec(options: HostExecOptions = {}): Exec {
  const { log = silentLogger, onChild, onChildEnd } = options;
  return async (file, args, given = {}) => {
    given.signal?.throwIfAborted();
    const env = { ...baseEnvironment(), ...given.env };
    checkDirectory(file, given.cwd);
    const program = findProgram(file, env['PATH'] ?? '', given.cwd);

    const started = performance.now();
    const running = start([...wrappers(given.limits), program, ...args], given, env);
    const stop = commandStop(running.pid, given, running.letGo);
    const child = running.pid === undefined ? undefined : identifyChild(running.pid, file);
    const told = tell(child, onChild, stop);
    const outcome = await running.outcome;
    stop.ended();
    const refusal = await told;
    if (running.pid !== undefined && (stop.reason || outcome.tooLarge)) await endGroup(running.pid);
    if (child && !refusal) await onChildEnd?.(child);

    const ms = Math.round(performance.now() - started);
    log.debug('command ended', { file, args, exitCode: outcome.exitCode, signal: outcome.signal, ms });
    if (refusal) throw refusal.error;
    if (stop.reason === 'abort') given.signal?.throwIfAborted();
    return verdict({ file, args, options: given }, outcome, stop.reason === 'timeout');
  };
}

function wrappers(limits: ExecLimits = {}): readonly string[] {
  const flags = [
    ...(limits.cpuSeconds === undefined ? [] : [`--cpu=${limits.cpuSeconds}`]),
    ...(limits.addressSpaceBytes === undefined ? [] : [`--as=${limits.addressSpaceBytes}`]),
  ];
  const dying = [findUtilLinux('setpriv'), '--pdeathsig', 'KILL', '--'];
  return flags.length === 0 ? dying : [...dying, findUtilLinux('prlimit'), ...flags, '--'];
}

/** Looked at here because the kernel's ENOENT does not say whether the program or the directory is missing. */
function checkDirectory(file: string, cwd: string | undefined): void {
  if (cwd === undefined || isDirectory(cwd)) return;
  throw new EffectsError('EXEC_FAILED', `"${file}" cannot run in "${cwd}": there is no such directory`, { file, cwd });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

interface Running {
  readonly pid: number | undefined;
  readonly outcome: Promise<Outcome>;
  /** Stops listening to the command's output. */
  readonly letGo: () => void;
}

function start([file = '', ...args]: readonly string[], options: ExecOptions, env: Record<string, string>): Running {
  const { input, cwd, limits } = options;
  const bytes = input instanceof Secret ? input.reveal() : input;
  const subprocess = execa(file, args, {
    ...(bytes === undefined ? { stdin: 'ignore' as const } : { input: bytes }),
    ...(cwd === undefined ? {} : { cwd }),
    env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    encoding: 'buffer',
    verbose: 'none',
    stripFinalNewline: false,
    maxBuffer: limits?.outputBytes ?? OUTPUT_BYTES,
  });
  const outcome = subprocess.then(
    ({ stdout, stderr, exitCode, signal, isMaxBuffer, cause }): Outcome => ({
      stdout: stdout ?? new Uint8Array(),
      stderr: stderr ?? new Uint8Array(),
      exitCode,
      signal,
      tooLarge: isMaxBuffer,
      startError: subprocess.pid === undefined && cause instanceof Error ? cause : undefined,
    }),
  );
  const letGo = () => {
    subprocess.stdout?.destroy();
    subprocess.stderr?.destroy();
  };
  return { pid: subprocess.pid, outcome, letGo };
}

/** Resolves with what `onChild` threw, and has ended the command then. */
async function tell(
  child: Child | undefined,
  onChild: HostExecOptions['onChild'],
  stop: CommandStop,
): Promise<{ readonly error: unknown } | undefined> {
  if (!child || !onChild) return undefined;
  try {
    await onChild(child);
    return undefined;
  } catch (error) {
    stop.stop('refused');
    return { error };
  }
}
