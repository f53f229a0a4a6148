import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { growing, soak } from '../soak/soak.ts';
import { idleSpec } from '../idle-spec.ts';
import { openLab } from './lab.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace(openLab());
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** The first cycles fill caches; in so few of the others a fit is coarse. */
const limits = { warmUp: 8, objectBytesPerCycle: 20_000, rssBytesPerCycle: 120_000 };

test('thirty instances made and deleted by one process leave it and the host as they were', async () => {
  const spec = await idleSpec(workspace, uniqueName('soak'));
  const samples = await soak({ statePath: workspace.settings.statePath, spec, cycles: 30 });
  expect(growing(samples, limits), JSON.stringify(samples.at(-1))).toEqual([]);
});

test('a process that forgets something in each cycle is noticed', async () => {
  const name = uniqueName('leak');
  const spec = await idleSpec(workspace, name);
  const cycles = 14;
  try {
    const samples = await soak({ statePath: workspace.settings.statePath, spec, cycles, leak: true });
    expect(growing(samples, limits)).toEqual(expect.arrayContaining(['fds', 'files', 'domains', 'objectBytes']));
  } finally {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      execFileSync('virsh', ['-q', '-c', 'qemu:///system', 'undefine', `${name}-${cycle}`]);
    }
  }
});
