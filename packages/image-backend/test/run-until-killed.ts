import { execFile } from 'node:child_process';

/** Runs a script of ours that kills itself with SIGKILL; false when it came to its end before. */
export function runUntilKilled(script: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = { timeout: 60_000, killSignal: 'SIGTERM' } as const;
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      if (!error) resolve(false);
      else if (error.signal === 'SIGKILL') resolve(true);
      else reject(new Error(`it was not killed: ${stdout}${stderr}`, { cause: error }));
    });
  });
}
