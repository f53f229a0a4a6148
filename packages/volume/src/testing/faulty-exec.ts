import { EffectsError, type Exec } from '@spawnkit/effects';

/** What happens to one command. */
export interface ExecFault {
  /** Which command, from 0. */
  readonly at: number;
  /** It fails, or the caller aborts while it runs. */
  readonly kind: 'error' | 'abort';
  /** Before it did anything, or when all was done. */
  readonly when: 'before' | 'after';
  /** Aborted for the kind `abort`. */
  readonly abort?: AbortController;
}

/** The same commands, one of which goes wrong. */
export interface FaultyExec extends Exec {
  /** How many there were. */
  readonly calls: () => number;
  /** From here on none goes wrong any more. */
  readonly disarm: () => void;
}

/** Puts a fault between a connector and its commands. */
export function faultyExec(exec: Exec, fault?: ExecFault): FaultyExec {
  let calls = 0;
  let armed = true;
  const run: Exec = async (file, args, options = {}) => {
    const isFaulty = armed && fault !== undefined && fault.at === calls;
    calls++;
    if (!isFaulty) return exec(file, args, options);
    if (fault.when === 'after') await exec(file, args, options);
    if (fault.kind === 'abort') {
      fault.abort?.abort(new Error('aborted by the contract'));
      throw new Error('aborted by the contract');
    }
    const context = { file, args, exitCode: 1, stderr: 'a fault of the contract' };
    throw new EffectsError('EXEC_FAILED', `${file} failed: a fault of the contract`, context);
  };
  const disarm = () => {
    armed = false;
  };
  return Object.assign(run, { calls: () => calls, disarm });
}
