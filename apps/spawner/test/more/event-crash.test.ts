import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab } from '../integration/lab.ts';
import { type HostSnapshot, takeSnapshot } from '../integration/snapshot.ts';
import { warmUp } from '../integration/warm-up.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let workspace: Workspace;
let clean: HostSnapshot;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
  clean = await warmUp(workspace);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test('a spawn that is killed while it waits leaves a socket that nobody listens at, and gc takes all of it away', async () => {
  const spec = await workspace.spec(uniqueName('waits'), 'networks: [{ network: spawnkit }]');
  const args = [join(import.meta.dirname, 'wait-then-die.ts'), workspace.settings.statePath, spec];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { uuid, port } = JSON.parse(line.toString()) as { readonly uuid: string; readonly port: string };
  const posts = join(workspace.settings.statePath, 'events');
  expect(readdirSync(posts)).toEqual([`${uuid}.sock`]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // What comes now is kept beside the dead socket, and goes with the rest of the instance.
  const sent = await workspace.cli(['event', uuid, 'network-vif-plugged', '--tag', port, '--json']);
  expect(sent.code, sent.stderr).toBe(0);
  expect(JSON.parse(sent.stdout)).toMatchObject({ outcome: 'kept' });
  expect(readdirSync(posts)).toHaveLength(2);
  const { code, stderr } = await workspace.cli(['gc']);
  expect(code, stderr).toBe(0);
  expect(readdirSync(posts)).toEqual([]);
  const after = takeSnapshot(workspace);
  expect({ ...after, files: after.files.filter((path) => !path.startsWith('events ')) }).toEqual(clean);
});
