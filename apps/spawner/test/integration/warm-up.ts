import { mustRun } from './must-run.ts';
import { type HostSnapshot, takeSnapshot } from './snapshot.ts';
import { uniqueName, type Workspace } from './workspace.ts';

/** Fills the image cache and makes the directories that are kept; answers what the host is like with nothing else. */
export async function warmUp(workspace: Workspace): Promise<HostSnapshot> {
  const run = mustRun(() => workspace);
  const name = uniqueName('warm');
  await run('launch', await workspace.spec(name));
  await run('delete', name);
  return takeSnapshot(workspace);
}
