import { execFileSync } from 'node:child_process';

/** Loads modules of user-mode Linux, with what they depend on. */
export function loadModules(...names: readonly string[]): void {
  const lab = process.env['SPAWNKIT_LAB'];
  if (lab === undefined) throw new Error('This is not the lab’s user-mode Linux: it has no SPAWNKIT_LAB');
  execFileSync('modprobe', ['-d', `${lab}/uml/modules`, '-a', ...names]);
}
