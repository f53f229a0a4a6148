import { type Exec, hostExec } from '@spawnkit/effects';

/** Commands on this host, until this process kills itself with SIGKILL at a step: each has three, before, while it runs, and after. */
export function execUntilKilled(killAt: number, whileRunningMs: number): Exec {
  const real = hostExec();
  const die = () => process.kill(process.pid, 'SIGKILL');
  let steps = 0;
  return async (file, args, options) => {
    if (steps++ === killAt) die();
    const running = real(file, args, options);
    if (steps++ === killAt) setTimeout(die, whileRunningMs);
    const result = await running;
    if (steps++ === killAt) die();
    return result;
  };
}
