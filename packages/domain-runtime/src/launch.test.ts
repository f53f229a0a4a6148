import { manualClock } from '@spawnkit/effects/testing';
import { type Connection, connect } from '@spawnkit/libvirt';
import { type Answers, DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDomain, lifecycle, states } from '../test/fake-domain.ts';
import { destroyDomain, launchDomain, resumeDomain } from './launch.ts';

const { uuid, handle } = aDomain;
let state: keyof typeof states;
let answers: Answers;
let daemon: FakeDaemon;
let conn: Connection;

beforeEach(async () => {
  state = 'PAUSED';
  answers = {};
  daemon = await fakeDaemon({
    domainLookupByUuid: () => ({ dom: handle }),
    domainGetState: () => ({ state: states[state], reason: 1 }),
    domainCreateWithFlags: (...call) => answers.domainCreateWithFlags?.(...call) ?? { dom: handle },
    domainResume: (...call) => answers.domainResume?.(...call),
    domainDestroyFlags: (...call) => answers.domainDestroyFlags?.(...call),
  });
  conn = await connect(daemon.uri);
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

const domain = () => conn.domains.byUuid(uuid);
const refuse = (codeName: ConstructorParameters<typeof DaemonError>[0]) => () => {
  throw new DaemonError(codeName, `refused: ${codeName}`);
};

test('launchDomain that is aborted returns only when the daemon has answered', async () => {
  const started = Promise.withResolvers<{ dom: typeof handle }>();
  answers = { domainCreateWithFlags: () => started.promise };
  const abort = new AbortController();
  let settled = false;
  const launching = launchDomain(await domain(), { paused: true, signal: abort.signal }).finally(() => {
    settled = true;
  });
  const refused = expect(launching).rejects.toThrow('enough');
  abort.abort(new Error('enough'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(settled).toBe(false);
  started.resolve({ dom: handle });
  await refused;
  expect(daemon.callsOf('domainCreateWithFlags')).toMatchObject([{ flags: 1 }]);
  await expect(launchDomain(await domain(), { signal: abort.signal })).rejects.toThrow('enough');
  expect(daemon.callsOf('domainCreateWithFlags')).toHaveLength(1);
});

test('resumeDomain is content with a domain that runs already', async () => {
  answers = { domainResume: refuse('OPERATION_INVALID') };
  state = 'RUNNING';
  await resumeDomain(await domain());
});

test('resumeDomain says so when the domain has ended, and passes on what else libvirt refuses', async () => {
  answers = { domainResume: refuse('OPERATION_INVALID') };
  state = 'SHUTOFF';
  await expect(resumeDomain(await domain())).rejects.toMatchObject({
    code: 'DOMAIN_STOPPED',
    context: { state: 'SHUTOFF', uuid },
    cause: { codeName: 'OPERATION_INVALID' },
  });
  state = 'PMSUSPENDED';
  await expect(resumeDomain(await domain())).rejects.toMatchObject({ codeName: 'OPERATION_INVALID' });
  answers = { domainResume: refuse('OPERATION_TIMEOUT') };
  await expect(resumeDomain(await domain())).rejects.toMatchObject({ codeName: 'OPERATION_TIMEOUT' });
});

test('destroyDomain costs no subscription where libvirt’s destroy has ended the domain', async () => {
  answers = {
    domainDestroyFlags() {
      state = 'SHUTOFF';
      return undefined;
    },
  };
  await destroyDomain(conn, uuid);
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toEqual([]);
});

test('destroyDomain waits for the event where a domain takes longer', async () => {
  const destroying = destroyDomain(conn, uuid);
  while (daemon.registrations.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  state = 'SHUTOFF';
  daemon.emit('domain', 'lifecycle', lifecycle('STOPPED', handle));
  await destroying;
  expect(daemon.registrations).toEqual([]);
});

/** What libvirt says when it has killed QEMU and does not see it end: errno 16, EBUSY. */
const busy = () => {
  throw new DaemonError('SYSTEM_ERROR', 'Failed to terminate process 4711 with SIGKILL: Device or resource busy', {
    int1: 16,
  });
};

test('destroyDomain waits for the end of a process that libvirt has killed and does not see end', async () => {
  answers = { domainDestroyFlags: busy };
  const destroying = destroyDomain(conn, uuid);
  while (daemon.registrations.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  state = 'SHUTOFF';
  daemon.emit('domain', 'lifecycle', lifecycle('STOPPED', handle));
  await destroying;
});

test('an errno of libvirt arrives, so that other system errors are told from a busy process', async () => {
  answers = { domainDestroyFlags: busy };
  await expect((await domain()).destroy()).rejects.toMatchObject({ codeName: 'SYSTEM_ERROR', int1: 16 });
  answers = {
    domainDestroyFlags() {
      throw new DaemonError('SYSTEM_ERROR', 'Failed to terminate process 4711: Permission denied', { int1: 13 });
    },
  };
  await expect(destroyDomain(conn, uuid)).rejects.toMatchObject({ codeName: 'SYSTEM_ERROR', int1: 13 });
  expect(daemon.registrations).toEqual([]);
});

test('launchDomain gives up on a daemon that does not answer, and says that nobody knows what came of it', async () => {
  answers = { domainCreateWithFlags: () => new Promise(() => {}) };
  const clock = manualClock();
  const launching = launchDomain(await domain(), { clock, timeoutMs: 5000 });
  const refused = expect(launching).rejects.toMatchObject({
    code: 'CALL_TIMEOUT',
    message: 'libvirt did not start the domain within 5 s',
  });
  while (daemon.callsOf('domainCreateWithFlags').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await clock.advance(5000);
  await refused;
  expect(clock.sleepers).toBe(0);
});

test.each(['NO_DOMAIN', 'OPERATION_INVALID', 'INTERNAL_ERROR'] as const)(
  'destroyDomain does not mind %s of a domain that has ended meanwhile',
  async (codeName) => {
    answers = { domainDestroyFlags: refuse(codeName) };
    state = 'SHUTOFF';
    await destroyDomain(conn, uuid);
  },
);

test('destroyDomain passes on what libvirt says about a domain that lives on', async () => {
  for (const codeName of ['OPERATION_INVALID', 'OPERATION_TIMEOUT', 'SYSTEM_ERROR'] as const) {
    answers = { domainDestroyFlags: refuse(codeName) };
    await expect(destroyDomain(conn, uuid)).rejects.toMatchObject({ codeName });
  }
});
