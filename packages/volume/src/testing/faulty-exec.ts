import { EffectsError, type Exec } from '@spawnkit/effects';

/** What happens to one command. */
export interface ExecFault {
  /** Which command, from 0. */
  readonly at: number;
  /** It fails, hangs until its deadline has passed, or the caller aborts while it runs. */
  readonly kind: 'error' | 'hang' | 'abort';
  /** Before it did anything, or when all was done. */
  readonly when: 'before' | 'after';
  /** Aborted for the kind `abort`. */
  readonly abort?: AbortController;
}

/** The same commands, one of which goes wrong. */
export interface FaultyExec extends Exec {
  /** How many there were since {@link FaultyExec.arm}. */
  readonly calls: () => number;
  /** Another fault; its commands are counted from here on. */
  readonly arm: (fault: ExecFault) => void;
  /** From here on none goes wrong any more. */
  readonly disarm: () => void;
}

/** Puts a fault between a connector and its commands. */
export function faultyExec(exec: Exec, first?: ExecFault): FaultyExec {
  let calls = 0;
  let fault = first;
  const run: Exec = async (file, args, options = {}) => {
    const one = fault?.at === calls ? fault : undefined;
    calls++;
    if (!one) return exec(file, args, options);
    if (one.when === 'after') await exec(file, args, options);
    throw errorOf(one, file, args, options.timeoutMs);
  };
  return Object.assign(run, {
    calls: () => calls,
    arm(next: ExecFault) {
      [calls, fault] = [0, next];
    },
    disarm() {
      fault = undefined;
    },
  });
}

function errorOf(fault: ExecFault, file: string, args: readonly string[], timeoutMs: number | undefined): Error {
  if (fault.kind === 'abort') {
    fault.abort?.abort(new Error('aborted by the contract'));
    return new Error('aborted by the contract');
  }
  if (fault.kind === 'error') {
    const context = { file, args, exitCode: 1, stderr: 'a fault of the contract' };
    return new EffectsError('EXEC_FAILED', `${file} failed: a fault of the contract`, context);
  }
  if (timeoutMs === undefined) return new Error(`${file} was given no deadline, and would hang for ever`);
  const message = `${file} was ended after ${timeoutMs} ms: a fault of the contract`;
  return new EffectsError('EXEC_TIMEOUT', message, { file, args, stderr: '' });
}
