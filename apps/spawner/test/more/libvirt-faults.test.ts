import { domainDefineXmlFlags } from '@spawnkit/libvirt/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { destroyInstance, openHost, spawn } from '../../src/index.ts';
import { openLab, type Tiny } from '../integration/lab.ts';
import { type HostSnapshot, takeSnapshot } from '../integration/snapshot.ts';
import { portOf, unboundRequest } from '../integration/unbound-port.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';
import { type CallFate, faultProxy } from './fault-proxy.ts';

/** A sweep that is not over by then has lost its way. */
const SWEEP_MS = 600_000;

let tiny: Tiny;
let workspace: Workspace;
let clean: HostSnapshot;
/** The procedures that a spawn calls, in their order, up to the last that counts. */
let calls: readonly number[];
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
  await using run = await spawnWith(() => 'pass');
  if (!run.ended.spawned) throw run.ended.error;
  calls = run.called;
  await destroyInstance(run.host, run.ended.spawned);
  clean = takeSnapshot(workspace);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/**
 * Spawns over a proxy to the real daemon, its port bound from the beginning; answers how it ended and what it called.
 */
async function spawnWith(fateOf: (call: number) => CallFate, abort = new AbortController(), startTimeoutS = 60) {
  const called: number[] = [];
  const proxy = await faultProxy('/run/libvirt/libvirt-sock', (procedure) => fateOf(called.push(procedure) - 1));
  const uri = `qemu+unix:///system?socket=${encodeURIComponent(proxy.path)}`;
  const host = openHost({ settings: { ...workspace.settings, uri, startTimeoutS } });
  const request = unboundRequest(uniqueName('fault'), tiny);
  const name = 'network-vif-plugged';
  host.events.deliver({ instanceUuid: request.instance.uuid, name, tag: portOf(request), status: 'completed' });
  const ended = await spawn(host, request, { signal: abort.signal }).then(
    (spawned) => ({ spawned, error: undefined }),
    (error: unknown) => ({ spawned: undefined, error }),
  );
  return {
    ended,
    called: [...called],
    host,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/**
 * Runs once for each procedure that is called from `first` on, with its first call there; a model of the daemon has
 * them all.
 */
async function sweep(
  first: number,
  run: (call: number) => ReturnType<typeof spawnWith>,
  expected: unknown,
): Promise<void> {
  let failed = 0;
  const chosen = calls.flatMap((procedure, call) =>
    call >= first && calls.indexOf(procedure, first) === call ? [call] : [],
  );
  for (const call of chosen) {
    await using one = await run(call);
    const { ended, host } = one;
    const where = `call ${call}, procedure ${calls[call]}`;
    // One of several machine types may be refused, and a look beside the wait for events is not needed once they are
    // here.
    if (ended.spawned) await destroyInstance(host, ended.spawned);
    else {
      failed++;
      expect(ended.error, where).toEqual(expected);
    }
    expect(takeSnapshot(workspace), where).toEqual(clean);
  }
  expect(failed).toBeGreaterThanOrEqual(chosen.length / 2);
}

test(
  'whichever call the real daemon refuses, that is what the caller sees, and the host is as before',
  async () => {
    const run = (faulty: number) => spawnWith((call) => (call === faulty ? 'refuse' : 'pass'));
    await sweep(0, run, expect.objectContaining({ message: expect.stringContaining('injected') as string }));
  },
  SWEEP_MS,
);

test(
  'whichever call from define on the real daemon carries out and does not answer, it is given up, and taken back',
  async () => {
    const run = (faulty: number) =>
      spawnWith((call) => (call === faulty ? 'lose the answer' : 'pass'), new AbortController(), 15);
    const code = expect.stringMatching(/^(?:CALL_TIMEOUT|WAIT_TIMEOUT)$/) as string;
    await sweep(calls.indexOf(domainDefineXmlFlags.number), run, expect.objectContaining({ code }));
  },
  SWEEP_MS,
);

test(
  'at whichever call from define on the caller changes its mind, the host is as before',
  async () => {
    const run = (faulty: number) => {
      const abort = new AbortController();
      const decide = (call: number): CallFate => {
        if (call === faulty) abort.abort(new Error('changed my mind'));
        return 'pass';
      };
      return spawnWith(decide, abort);
    };
    const message = 'changed my mind';
    await sweep(calls.indexOf(domainDefineXmlFlags.number), run, expect.objectContaining({ message }));
  },
  SWEEP_MS,
);
