import type { Secret } from './secret.ts';

/** Ceilings for one command. */
export interface ExecLimits {
  /** Processor seconds (RLIMIT_CPU); beyond them the kernel ends the command. */
  readonly cpuSeconds?: number;
  /** Bytes of address space (RLIMIT_AS). */
  readonly addressSpaceBytes?: bigint;
  /** Bytes of stdout and of stderr each; default 64 MiB. */
  readonly outputBytes?: number;
}

export interface ExecOptions {
  /** Written to stdin, which is empty otherwise. The only place where a {@link Secret} is revealed to a command. */
  readonly input?: string | Uint8Array | Secret;
  /** Ends the command: SIGTERM to its process group, SIGKILL two seconds later. The call returns when it is gone. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Added to a minimal environment: PATH, HOME, LANG and LC_ALL (C.UTF-8). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limits?: ExecLimits;
  /** Exit codes that are answers and not errors. Default: 0 only. */
  readonly okExitCodes?: readonly number[];
}

export interface ExecResult {
  /** Text as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Runs a program: no shell, arguments as they are, so no secret may be among them. Throws `EffectsError` `EXEC_NOT_FOUND`,
 * `EXEC_FAILED` (`context`: file, args, exitCode, stderr of at most 4 KiB), `EXEC_TIMEOUT`, `EXEC_OUTPUT_TOO_LARGE`,
 * `EXEC_SIGNALED`, or the signal's reason. Whatever it throws, the program is gone by then.
 */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
