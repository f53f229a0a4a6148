import { afterAll, beforeAll, expect, test } from 'vitest';
import { idleSpec } from '../idle-spec.ts';
import { openLab } from '../integration/lab.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';
import { growing, soak } from '../soak/soak.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const limits = { warmUp: 100, objectBytesPerCycle: 1024, rssBytesPerCycle: 32_768 };

test('five hundred instances made and deleted by one process leave it and the host as they were', async () => {
  const spec = await idleSpec(workspace, uniqueName('soak'));
  const samples = await soak({ statePath: workspace.settings.statePath, spec, cycles: 500 });
  expect(growing(samples, limits), JSON.stringify(samples.at(-1))).toEqual([]);
}, 900_000);
