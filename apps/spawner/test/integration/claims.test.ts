import { Domain, parse } from '@spawnkit/guest-config';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from './lab.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const dedicated = `flavor: { memory: 128MiB, disk: 256MiB, extraSpecs: { "hw:cpu_policy": dedicated } }`;

async function launch(name: string) {
  const result = await workspace.cli(['launch', await workspace.spec(name, dedicated)]);
  return { name, ...result };
}

async function cpusOf(name: string): Promise<readonly number[]> {
  const { stdout } = await workspace.cli(['xml', name]);
  return (parse(Domain, stdout).cputune?.vcpuPins ?? []).flatMap(({ cpuset }) => cpuset);
}

test('guests with dedicated CPUs that are launched at once get different ones, or are told that there are none', async () => {
  const { cpus } = await hostCpus();
  const names = Array.from({ length: cpus + 1 }, (_, index) => uniqueName(`cpu${index}`));
  const outcomes = await Promise.all(names.map(launch));
  const launched = outcomes.filter(({ code }) => code === 0);
  const refused = outcomes.filter(({ code }) => code !== 0);
  expect(launched, JSON.stringify(outcomes)).toHaveLength(cpus);
  expect(refused[0]).toMatchObject({ code: 7 });
  expect(refused[0]?.stderr).toMatch(/no room for the NUMA topology of ".*dedicated vCPUs: 1, 128 MiB.*no free CPU/);
  const pinned = (await Promise.all(launched.map(({ name }) => cpusOf(name)))).flat();
  expect(pinned.toSorted((a, b) => a - b)).toEqual(Array.from({ length: cpus }, (_, cpu) => cpu));

  const [gone] = launched;
  expect(await workspace.cli(['delete', gone?.name ?? ''])).toMatchObject({ code: 0 });
  const next = await launch(uniqueName('next'));
  expect(next, next.stderr).toMatchObject({ code: 0 });
  expect(await workspace.cli(['gc'])).toMatchObject({ code: 0, stdout: 'Nothing to take back.\n' });
});

async function hostCpus(): Promise<{ cpus: number }> {
  await using host = workspace.host();
  const conn = await host.connect({});
  return await conn.nodeInfo();
}
