import type { Exec } from '@spawnkit/effects';

/** How one command goes wrong: it fails, it hangs until its deadline, or the caller changes its mind while it hangs. */
export type CommandFault = 'error' | 'hang' | 'abort';

/** What no command here ends with by itself. */
export const faultExitCode = 70;

interface FaultyExecOptions {
  readonly exec: Exec;
  /** Which command, from 0. */
  readonly at: number;
  readonly fault: CommandFault;
  readonly abort: AbortController;
}

/** Real commands, in the place of one of which another real one fails or hangs. */
export function faultyExec({ exec, at, fault, abort }: FaultyExecOptions): { exec: Exec; commands: readonly string[] } {
  const commands: string[] = [];
  const run: Exec = (file, args, options = {}) => {
    commands.push([file, ...args].join(' '));
    if (commands.length - 1 !== at) return exec(file, args, options);
    const { signal, timeoutMs } = options;
    if (fault === 'error') return exec('sh', ['-c', `exit ${faultExitCode}`], { signal, timeoutMs });
    if (timeoutMs === undefined) throw new Error(`${file} ${args.join(' ')} has no deadline`);
    if (fault === 'abort') setTimeout(() => abort.abort(new Error('changed my mind')), 20);
    return exec('sleep', ['600'], { signal, timeoutMs: fault === 'hang' ? 20 : timeoutMs });
  };
  return { exec: run, commands };
}
