import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { clearEventPost, createEventWaiter } from '@spawnkit/domain-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destroyInstance } from '../../src/index.ts';
import { openLab, type Tiny } from '../integration/lab.ts';
import { type HostSnapshot, takeSnapshot } from '../integration/snapshot.ts';
import { beginSpawn, portOf, sendFromOutside, stateOf, unboundRequest } from '../integration/unbound-port.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
let clean: HostSnapshot;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
  // Fills the cache and makes the directories that are kept.
  const request = unboundRequest(uniqueName('warm'), tiny);
  await sendFromOutside(workspace, request);
  await using spawning = beginSpawn(workspace, request);
  await destroyInstance(spawning.host, await spawning.ended);
  clean = takeSnapshot(workspace);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

const ports = [0, 1] as const;

/** The table of what happens while a spawn waits for its network, once as vif_plugging_is_fatal, once as not. */
describe.each([true, false])('where a missing event is fatal: %s', (vifPluggingIsFatal) => {
  const settings = { vifPluggingIsFatal, vifPluggingTimeoutS: 60 };
  const impatient = { vifPluggingIsFatal, vifPluggingTimeoutS: 1 };

  test('all events of two ports complete, in the other order: it runs', async () => {
    const request = unboundRequest(uniqueName('two'), tiny, 2);
    await using spawning = beginSpawn(workspace, request, { settings });
    await spawning.at('wait');
    for (const index of ports.toReversed()) {
      expect(await stateOf(spawning.host, request)).toBe('PAUSED');
      expect(await sendFromOutside(workspace, request, { tag: portOf(request, index) })).toBe('awaited');
    }
    await runsAndGoes(spawning, request);
    expect(spawning.warnings).toEqual([]);
  });

  test('the second of two events does not come in time', async () => {
    const request = unboundRequest(uniqueName('second'), tiny, 2);
    await using spawning = beginSpawn(workspace, request, { settings: impatient });
    await spawning.at('launch');
    await sendFromOutside(workspace, request);
    if (vifPluggingIsFatal) {
      await expect(spawning.ended).rejects.toMatchObject({
        code: 'EVENT_TIMEOUT',
        context: { missing: [`network-vif-plugged of port ${portOf(request, 1)}`] },
      });
      expectNothingLeft(spawning);
    } else {
      await runsAndGoes(spawning, request);
      expect(spawning.warnings).toEqual([expect.stringContaining(portOf(request, 1))]);
    }
  });

  test.each(['failed', 'in-progress'])(
    'an event comes with the status %s: the others are waited for, or not',
    async (status) => {
      const request = unboundRequest(uniqueName('status'), tiny, 2);
      await using spawning = beginSpawn(workspace, request, { settings });
      await spawning.at('wait');
      expect(await sendFromOutside(workspace, request, { status })).toBe('awaited');
      if (vifPluggingIsFatal) {
        await expect(spawning.ended).rejects.toMatchObject({ code: 'EVENT_FAILED', context: { status } });
        expectNothingLeft(spawning);
      } else {
        expect(await stateOf(spawning.host, request)).toBe('PAUSED');
        await sendFromOutside(workspace, request, { tag: portOf(request, 1) });
        await runsAndGoes(spawning, request);
        expect(spawning.warnings).toEqual([expect.stringContaining(`status "${status}"`)]);
      }
    },
  );

  test('an event fails while the spawn still plugs and defines', async () => {
    const request = unboundRequest(uniqueName('defining'), tiny);
    await using spawning = beginSpawn(workspace, request, { settings });
    await spawning.at('plug');
    expect(['awaited', 'kept']).toContain(await sendFromOutside(workspace, request, { status: 'failed' }));
    if (vifPluggingIsFatal) {
      await expect(spawning.ended).rejects.toMatchObject({ code: 'EVENT_FAILED' });
      expectNothingLeft(spawning);
    } else {
      await runsAndGoes(spawning, request);
    }
  });

  test('no events are taken any more, from the beginning, or while it waits', async () => {
    for (const moment of ['before', 'while'] as const) {
      const request = unboundRequest(uniqueName('closed'), tiny);
      const events = createEventWaiter();
      if (moment === 'before') events.close();
      await using spawning = beginSpawn(workspace, request, { settings, events });
      if (moment === 'while') {
        await spawning.at('wait');
        events.close();
      }
      if (vifPluggingIsFatal) {
        await expect(spawning.ended).rejects.toMatchObject({ code: 'EVENTS_CLOSED' });
        expectNothingLeft(spawning);
      } else {
        await runsAndGoes(spawning, request);
        expect(spawning.warnings).toEqual([expect.stringContaining('shutting down')]);
      }
    }
  });

  test('strangers are ignored: another port, another name, another instance', async () => {
    const request = unboundRequest(uniqueName('stranger'), tiny);
    const other = unboundRequest(uniqueName('other'), tiny);
    await using spawning = beginSpawn(workspace, request, { settings });
    await spawning.at('wait');
    expect(await sendFromOutside(workspace, request, { tag: 'no-such-port' })).toBe('unawaited');
    expect(await sendFromOutside(workspace, request, { name: 'network-changed' })).toBe('unawaited');
    expect(await sendFromOutside(workspace, other, { tag: portOf(request) })).toBe('kept');
    expect(await stateOf(spawning.host, request)).toBe('PAUSED');
    await forget(other.instance.uuid);
    await sendFromOutside(workspace, request);
    await runsAndGoes(spawning, request);
  });

  test('an event that comes twice counts once, also when the second says otherwise', async () => {
    const request = unboundRequest(uniqueName('twice'), tiny, 2);
    await using spawning = beginSpawn(workspace, request, { settings });
    await spawning.at('wait');
    await sendFromOutside(workspace, request);
    expect(await sendFromOutside(workspace, request, { status: 'failed' })).toBe('awaited');
    expect(await stateOf(spawning.host, request)).toBe('PAUSED');
    await sendFromOutside(workspace, request, { tag: portOf(request, 1) });
    await runsAndGoes(spawning, request);
    expect(spawning.warnings).toEqual([]);
  });

  test('an event that comes late, when nobody waits any more, is kept for a while and harms nobody', async () => {
    const request = unboundRequest(uniqueName('late'), tiny);
    await using spawning = beginSpawn(workspace, request, { settings: impatient });
    const ended = await spawning.ended.catch(() => undefined);
    expect(await sendFromOutside(workspace, request)).toBe('kept');
    expect(ended === undefined).toBe(vifPluggingIsFatal);
    // A delete takes what came for the instance along.
    if (ended) await destroyInstance(spawning.host, ended);
    else await forget(request.instance.uuid);
    expectNothingLeft(spawning);
  });

  test('a plug that fails is the error that is seen', async () => {
    const request = unboundRequest(uniqueName('plug'), tiny);
    await using spawning = beginSpawn(workspace, request, { settings, parts: { plug: failingPlug } });
    await expect(spawning.ended).rejects.toThrow('no such bridge');
    expectNothingLeft(spawning);
  });

  test('a timeout inside plugging is the error that is seen, and everything is taken back', async () => {
    const request = unboundRequest(uniqueName('plug-time'), tiny);
    const plug = async () => Promise.reject(new DOMException('The operation timed out', 'TimeoutError'));
    await using spawning = beginSpawn(workspace, request, { settings, parts: { plug } });
    await expect(spawning.ended).rejects.toMatchObject({ name: 'TimeoutError' });
    expectNothingLeft(spawning);
  });

  test('an interruption while it waits takes everything back', async () => {
    const request = unboundRequest(uniqueName('abort'), tiny);
    const abort = new AbortController();
    await using spawning = beginSpawn(workspace, request, { settings, signal: abort.signal });
    await spawning.at('wait');
    abort.abort(new Error('changed my mind'));
    await expect(spawning.ended).rejects.toThrow('changed my mind');
    expectNothingLeft(spawning);
  });

  test('a guest that somebody ends while its port is awaited ends the spawn', async () => {
    const request = unboundRequest(uniqueName('ended'), tiny);
    await using spawning = beginSpawn(workspace, request, { settings });
    await spawning.at('wait');
    const conn = await spawning.host.connect();
    await (await conn.domains.byUuid(request.instance.uuid)).destroy();
    await expect(spawning.ended).rejects.toMatchObject({
      code: 'DOMAIN_STOPPED',
      context: { state: 'SHUTOFF', reason: 'DESTROYED' },
    });
    expectNothingLeft(spawning);
  });
});

test('nothing is waited for where the wait is 0 s long, or the port is bound, or nobody knows', async () => {
  for (const [active, vifPluggingTimeoutS] of [
    [false, 0],
    [true, 60],
    [undefined, 60],
  ] as const) {
    const unbound = unboundRequest(uniqueName('bound'), tiny);
    const request = { ...unbound, networkInfo: unbound.networkInfo.map((vif) => ({ ...vif, active })) };
    await using spawning = beginSpawn(workspace, request, { settings: { vifPluggingTimeoutS } });
    await runsAndGoes(spawning, request);
  }
});

type Spawning = ReturnType<typeof beginSpawn>;

const failingPlug = async () => {
  throw new Error('no such bridge');
};

async function runsAndGoes(spawning: Spawning, request: ReturnType<typeof unboundRequest>): Promise<void> {
  const spawned = await spawning.ended;
  expect(await stateOf(spawning.host, request)).toBe('RUNNING');
  await destroyInstance(spawning.host, spawned);
  expectNothingLeft(spawning);
}

function expectNothingLeft({ host }: Spawning): void {
  expect(host.events.pending).toBe(0);
  expect(takeSnapshot(workspace)).toEqual(clean);
}

/** What was kept for an instance that never was. */
async function forget(uuid: string): Promise<void> {
  const directory = join(workspace.settings.statePath, 'events');
  expect(readdirSync(directory).some((name) => name.startsWith(uuid))).toBe(true);
  await clearEventPost(uuid, { directory });
}
