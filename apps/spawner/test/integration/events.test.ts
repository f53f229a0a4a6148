import { createEventWaiter } from '@spawnkit/domain-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { destroyInstance, type Host, parseSpec, requestFromSpec, spawn, type SpawnRequest } from '../../src/index.ts';
import { openLab, type Tiny } from './lab.ts';
import { takeSnapshot } from './snapshot.ts';
import { openWorkspace, specOf, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** A request whose port the network service has not bound yet. */
function requestOf(name: string): SpawnRequest {
  const text = specOf(name, tiny, 'networks: [{ network: spawnkit }]');
  const request = requestFromSpec({ spec: parseSpec(text), directory: '/' });
  return { ...request, networkInfo: request.networkInfo.map((vif) => ({ ...vif, active: false })) };
}

async function stateOf(host: Host, uuid: string): Promise<string> {
  const domain = await (await host.connect()).domains.byUuid(uuid);
  return (await domain.state()).state;
}

test('a guest whose port is not bound starts paused, and runs when network-vif-plugged comes', async () => {
  const events = createEventWaiter();
  const request = requestOf(uniqueName('event'));
  const { uuid } = request.instance;
  const waits = Promise.withResolvers<void>();
  await using host = workspace.host({
    events,
    onProgress: (event) => event.type === 'step' && event.step === 'wait' && waits.resolve(),
  });
  const spawning = spawn(host, request);
  await Promise.race([waits.promise, spawning]);
  expect(await stateOf(host, uuid)).toBe('PAUSED');
  expect(events.pending).toBe(1);
  const tag = request.networkInfo[0]?.id;
  expect(events.deliver({ instanceUuid: uuid, name: 'network-vif-plugged', tag, status: 'completed' })).toBe(true);
  const spawned = await spawning;
  expect(await stateOf(host, uuid)).toBe('RUNNING');
  expect(events.pending).toBe(0);
  await destroyInstance(host, spawned);
});

test('an event that came before anybody waited is found', async () => {
  const events = createEventWaiter();
  const request = requestOf(uniqueName('early'));
  const { uuid } = request.instance;
  await using host = workspace.host({ events });
  events.deliver({
    instanceUuid: uuid,
    name: 'network-vif-plugged',
    tag: request.networkInfo[0]?.id,
    status: 'completed',
  });
  const spawned = await spawn(host, request);
  expect(await stateOf(host, uuid)).toBe('RUNNING');
  await destroyInstance(host, spawned);
});

test('an event that does not come is named, and everything is taken back', async () => {
  const request = requestOf(uniqueName('missing'));
  await using host = workspace.host();
  const before = takeSnapshot(workspace);
  const impatient: Host = { ...host, settings: { ...host.settings, vifPluggingTimeoutS: 0.5 } };
  await expect(spawn(impatient, request)).rejects.toMatchObject({
    code: 'EVENT_TIMEOUT',
    message: expect.stringContaining(`network-vif-plugged of port ${request.networkInfo[0]?.id}`) as string,
  });
  expect(host.events.pending).toBe(0);
  expect(takeSnapshot(workspace)).toEqual(before);
});

test('without vifPluggingIsFatal the guest runs all the same, with a warning', async () => {
  const request = requestOf(uniqueName('tolerant'));
  const warnings: string[] = [];
  await using host = workspace.host({
    onProgress: (event) => event.type === 'warning' && warnings.push(event.message),
  });
  const settings = { ...host.settings, vifPluggingTimeoutS: 0.5, vifPluggingIsFatal: false };
  const spawned = await spawn({ ...host, settings }, request);
  expect(warnings).toEqual([expect.stringContaining('network-vif-plugged')]);
  expect(await stateOf(host, request.instance.uuid)).toBe('RUNNING');
  await destroyInstance(host, spawned);
});

test('a port that could not be bound ends the spawn at once', async () => {
  const events = createEventWaiter();
  const request = requestOf(uniqueName('failed'));
  await using host = workspace.host({ events });
  const before = takeSnapshot(workspace);
  const { uuid } = request.instance;
  events.deliver({
    instanceUuid: uuid,
    name: 'network-vif-plugged',
    tag: request.networkInfo[0]?.id,
    status: 'failed',
  });
  await expect(spawn(host, request)).rejects.toMatchObject({ code: 'EVENT_FAILED' });
  expect(takeSnapshot(workspace)).toEqual(before);
});
