import { spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createEventWaiter } from '@spawnkit/domain-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { destroyInstance } from '../../src/index.ts';
import { openLab, root, type Tiny } from './lab.ts';
import { takeSnapshot } from './snapshot.ts';
import { beginSpawn, portOf, sendFromOutside, stateOf, unboundRequest } from './unbound-port.ts';
import { openWorkspace, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test('a guest whose port is not bound starts paused, and runs when another process says that it is', async () => {
  const events = createEventWaiter();
  const request = unboundRequest(uniqueName('event'), tiny);
  await using spawning = beginSpawn(workspace, request, { events });
  await spawning.at('wait');
  expect(await stateOf(spawning.host, request)).toBe('PAUSED');
  expect(events.pending).toBe(1);
  expect(await sendFromOutside(workspace, request)).toBe('awaited');
  const spawned = await spawning.ended;
  expect(await stateOf(spawning.host, request)).toBe('RUNNING');
  expect(events.pending).toBe(0);
  await destroyInstance(spawning.host, spawned);
});

test('an event that another process sent before anybody waited is kept, and found', async () => {
  const request = unboundRequest(uniqueName('early'), tiny);
  expect(await sendFromOutside(workspace, request)).toBe('kept');
  await using spawning = beginSpawn(workspace, request);
  const spawned = await spawning.ended;
  expect(await stateOf(spawning.host, request)).toBe('RUNNING');
  await destroyInstance(spawning.host, spawned);
});

test('an event that came before, inside the process, is found', async () => {
  const events = createEventWaiter();
  const request = unboundRequest(uniqueName('inside'), tiny);
  const name = 'network-vif-plugged';
  events.deliver({ instanceUuid: request.instance.uuid, name, tag: portOf(request), status: 'completed' });
  await using spawning = beginSpawn(workspace, request, { events });
  await destroyInstance(spawning.host, await spawning.ended);
});

test('serve-events takes events as Nova does, and ends with its signal', async () => {
  const request = unboundRequest(uniqueName('http'), tiny);
  const server = spawnProcess(
    process.execPath,
    [
      join(root, 'apps/spawner/dist/cli.js'),
      '--state-dir',
      workspace.settings.statePath,
      '--json',
      'serve-events',
      '--listen',
      '0',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [first] = (await once(server.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(first.toString()) as { readonly url: string };
    const event = { name: 'network-vif-plugged', server_uuid: request.instance.uuid, tag: portOf(request) };
    const post = async () => {
      const body = JSON.stringify({ events: [event] });
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return response.status;
    };
    expect(await post()).toBe(404);
    await using spawning = beginSpawn(workspace, request);
    await spawning.at('wait');
    expect(await post()).toBe(200);
    await destroyInstance(spawning.host, await spawning.ended);
  } finally {
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  }
});

test('an event that does not come is named, and everything is taken back', async () => {
  const request = unboundRequest(uniqueName('missing'), tiny);
  const before = takeSnapshot(workspace);
  await using spawning = beginSpawn(workspace, request, { settings: { vifPluggingTimeoutS: 0.5 } });
  await expect(spawning.ended).rejects.toMatchObject({
    code: 'EVENT_TIMEOUT',
    message: expect.stringContaining(`network-vif-plugged of port ${portOf(request)}`) as string,
  });
  expect(spawning.host.events.pending).toBe(0);
  expect(takeSnapshot(workspace)).toEqual(before);
});

test('without vifPluggingIsFatal the guest runs all the same, with a warning', async () => {
  const request = unboundRequest(uniqueName('tolerant'), tiny);
  const settings = { vifPluggingTimeoutS: 0.5, vifPluggingIsFatal: false };
  await using spawning = beginSpawn(workspace, request, { settings });
  const spawned = await spawning.ended;
  expect(spawning.warnings).toEqual([expect.stringContaining('network-vif-plugged')]);
  expect(await stateOf(spawning.host, request)).toBe('RUNNING');
  await destroyInstance(spawning.host, spawned);
});

test('a port that could not be bound ends the spawn at once', async () => {
  const request = unboundRequest(uniqueName('failed'), tiny);
  const before = takeSnapshot(workspace);
  await using spawning = beginSpawn(workspace, request);
  await spawning.at('wait');
  expect(await sendFromOutside(workspace, request, { status: 'failed' })).toBe('awaited');
  await expect(spawning.ended).rejects.toMatchObject({ code: 'EVENT_FAILED' });
  expect(takeSnapshot(workspace)).toEqual(before);
});
