import { EffectsError } from './errors.ts';
import type { ExecOptions, ExecResult } from './exec.ts';
import { Secret } from './secret.ts';

/** How a command ended, before anybody judged it. */
export interface Outcome {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** It printed more than it may. */
  readonly tooLarge: boolean;
  /** It could not even be started. */
  readonly startError: Error | undefined;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: ExecOptions;
}

/** Bytes of stdout and of stderr that a command may print unless it is told otherwise: 64 MiB. */
export const OUTPUT_BYTES = 64 * 1024 * 1024;
const STDERR_TAIL_BYTES = 4096;

/** A command's result, or what {@link Exec} throws for it. */
export function verdict(command: Command, outcome: Outcome, timedOut: boolean): ExecResult {
  const { file, args, options } = command;
  const { exitCode, signal } = outcome;
  const stderr = redact(text(outcome.stderr), options.input);
  const context = { file, args, exitCode, signal, stderr: tail(stderr) };
  const line = [file, ...args].join(' ');
  if (timedOut) throw new EffectsError('EXEC_TIMEOUT', `${line} was ended after ${options.timeoutMs} ms`, context);
  if (outcome.tooLarge) {
    const limit = options.limits?.outputBytes ?? OUTPUT_BYTES;
    const message = `${line} was ended because it printed more than ${limit} bytes; raise limits.outputBytes`;
    throw new EffectsError('EXEC_OUTPUT_TOO_LARGE', message, context);
  }
  if (outcome.startError) throw notStarted(line, context, outcome.startError);
  if (exitCode === undefined) throw new EffectsError('EXEC_SIGNALED', `${line} was ended by ${signal}`, context);
  if (!(options.okExitCodes ?? [0]).includes(exitCode)) {
    const last = stderr.trimEnd().split('\n').at(-1);
    const message = `${line} failed with exit code ${exitCode}${last ? `: ${tail(last)}` : ''}`;
    throw new EffectsError('EXEC_FAILED', message, context);
  }
  return { stdout: text(outcome.stdout), stderr: text(outcome.stderr), exitCode };
}

/** E2BIG, EMFILE, EAGAIN: the program is there, the host would not start it. */
function notStarted(line: string, context: Readonly<Record<string, unknown>>, cause: Error): EffectsError {
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return new EffectsError('EXEC_FAILED', `${line} could not be started: ${code}`, { ...context, errno: code });
}

/** A program may repeat on stderr what it was given on stdin. */
function redact(stderr: string, input: ExecOptions['input']): string {
  if (!(input instanceof Secret)) return stderr;
  const value = input.reveal();
  const parts = [value, ...value.split(/\r?\n/)].filter((part) => part.trim() !== '');
  return parts.reduce((shown, part) => shown.replaceAll(part, String(input)), stderr);
}

function tail(shown: string): string {
  const bytes = Buffer.from(shown);
  if (bytes.length <= STDERR_TAIL_BYTES) return shown;
  // A character that is cut becomes U+FFFD, which is longer than what is left of it.
  return bytes.subarray(bytes.length - STDERR_TAIL_BYTES + 2).toString('utf8');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
