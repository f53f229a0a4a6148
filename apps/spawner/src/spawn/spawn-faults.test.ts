import { DaemonError, type ReceivedCall } from '@spawnkit/libvirt/testing';
import { expect, test } from 'vitest';
import { modelHost, modelRequest, type ModelSnapshot } from '../../test/model/model-host.ts';
import { destroyInstance } from './destroy.ts';
import { spawn } from './spawn.ts';

type Fault = 'error' | 'hang' | 'abort';

/** How a call that fails this way is reported. */
const reports: Readonly<Record<Fault, unknown>> = {
  error: expect.objectContaining({ message: expect.stringContaining('injected') as string }),
  hang: expect.objectContaining({
    code: expect.stringMatching(/^(?:CALL_TIMEOUT|WAIT_TIMEOUT|DAEMON_UNREACHABLE)$/) as string,
  }),
  abort: expect.objectContaining({ message: 'changed my mind' }),
};

const deregister = 'connectDomainEventCallbackDeregisterAny';

/**
 * Calls that a spawn does without: of several machine types one may be refused, and a look at the domain beside the wait for
 * events is not needed once these have come.
 */
const dispensable: Readonly<Record<Fault, readonly string[]>> = {
  error: ['connectGetDomainCapabilities', 'domainLookupByUuid', 'domainGetState', deregister],
  hang: ['domainLookupByUuid', 'domainGetState', deregister],
  abort: [deregister],
};

/** What `connectHost` gives up by itself, after longer than a test should take. */
const greetings: readonly string[] = ['authList', 'connectSupportsFeature', 'connectOpen', 'connectGetLibVersion'];

/**
 * The secret of a volume is there or not whether somebody waits or not: so its definition is awaited, for longer than a test
 * should take. The last secret is the TPM's.
 */
function isAwaited(names: readonly string[], call: number): boolean {
  const name = names[call] ?? '';
  return greetings.includes(name) || (name === 'secretDefineXml' && call < names.lastIndexOf(name));
}

/** Spawns, its port being bound as soon as it waits, with one of its calls failing; answers how the spawn ended. */
async function spawnWith(faultyCall: number, fault: Fault | undefined) {
  const abort = new AbortController();
  const names: string[] = [];
  let calls = 0;
  const before = ({ name }: ReceivedCall): void | Promise<void> => {
    names.push(name);
    if (calls++ !== faultyCall || fault === undefined) return undefined;
    if (fault === 'error') throw new DaemonError('INTERNAL_ERROR', 'injected');
    if (fault === 'hang') return new Promise(() => {});
    return abort.abort(new Error('changed my mind'));
  };
  const settings = fault === 'hang' ? { startTimeoutS: 0.25 } : {};
  const opened = await modelHost({ before, settings });
  const request = modelRequest(opened.directory);
  const { uuid } = request.instance;
  const tag = request.networkInfo[0]?.id;
  // Early: it is found when the spawn expects it.
  opened.host.events.deliver({ instanceUuid: uuid, name: 'network-vif-plugged', tag, status: 'completed' });
  const ended = await spawn(opened.host, request, { signal: abort.signal }).then(
    (spawned) => ({ spawned, error: undefined }),
    (error: unknown) => ({ spawned: undefined, error }),
  );
  return { opened, ended, names };
}

/** The directories that any spawn makes and that stay. */
const kept = [
  'passphrase',
  'password',
  'instances',
  'state',
  'state/journal',
  'state/locks',
  'state/events',
  'state/volumes',
];

function expectClean({ files, ...rest }: ModelSnapshot): void {
  // A lock that was given up while it was being taken leaves its file, which nobody holds, to gc.
  expect(files.filter((name) => !kept.includes(name) && !name.startsWith('state/locks/'))).toEqual([]);
  expect(rest).toEqual({ domain: undefined, secrets: [], filters: [], registrations: [], waits: 0 });
}

test('the spawn that the faults are injected into succeeds without one, and all of it can be destroyed', async () => {
  const { opened, ended } = await spawnWith(-1, undefined);
  await using _ = opened;
  expect(ended.error).toBeUndefined();
  expect(opened.model.domain).toMatchObject({ state: 'RUNNING', defined: true });
  // Those of the volumes stay as long as these; the TPM's goes once it runs.
  expect(opened.model.secrets.size).toBe(2);
  expect(opened.model.filters.size).toBeGreaterThan(1);
  expect(opened.model.domain?.xml).toMatch(/<filterref filter="nova-instance-model-/);
  expect(opened.host.events.pending).toBe(0);
  if (ended.spawned) await destroyInstance(opened.host, ended.spawned);
  expectClean(await opened.snapshot());
});

test.each(['error', 'hang', 'abort'] as const)(
  'whichever call to libvirt fails once by %s, that is what the caller sees, and nothing is left',
  async (fault) => {
    const { opened, names } = await spawnWith(-1, undefined);
    await opened[Symbol.asyncDispose]();
    const last = names.lastIndexOf(deregister);
    expect(last).toBeGreaterThan(20);
    for (let call = 0; call <= last; call++) {
      if (fault === 'hang' && isAwaited(names, call)) continue;
      const { opened, ended, names: called } = await spawnWith(call, fault);
      await using _ = opened;
      const where = `${fault} in call ${call}, ${called[call]}`;
      const mayDoWithout = dispensable[fault].includes(called[call] ?? '');
      if (ended.spawned && mayDoWithout) await destroyInstance(opened.host, ended.spawned);
      else expect(ended.error, where).toEqual(reports[fault]);
      try {
        await opened.disconnect();
        expectClean(await opened.snapshot());
      } catch (cause) {
        throw new Error(`Something is left after ${where}`, { cause });
      }
    }
  },
  120_000,
);
