import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@spawnkit/effects/testing';
import { type Connection, connect } from '@spawnkit/libvirt';
import { DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDomain, lifecycle, states } from '../test/fake-domain.ts';
import { watchDomain } from './domain-watch.ts';

const { uuid } = aDomain;
let state: keyof typeof states | 'ABSENT';
/** Called when the daemon has looked at the domain, and before it answers. */
let beforeAnswer: (() => void) | undefined;
let daemon: FakeDaemon;
let conn: Connection;

beforeEach(async () => {
  state = 'SHUTOFF';
  beforeAnswer = undefined;
  daemon = await fakeDaemon({
    domainLookupByUuid: () => ({ dom: aDomain.handle }),
    domainGetState() {
      const seen = state;
      beforeAnswer?.();
      if (seen === 'ABSENT') throw new DaemonError('NO_DOMAIN', 'no domain with that uuid');
      return { state: states[seen], reason: 1 };
    },
  });
  conn = await connect(daemon.uri);
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

/** The domain comes to a state, and everybody is told. */
function become(next: typeof state, event: Parameters<typeof lifecycle>[0], of = aDomain.handle): void {
  state = next;
  daemon.emit('domain', 'lifecycle', lifecycle(event, of));
}
const looks = () => daemon.callsOf('domainGetState').length;
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

test('until asks once, and once after each event of this domain; nothing is polled', async () => {
  const clock = manualClock();
  await using watch = await watchDomain(conn, uuid, { clock });
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 1000 });
  await settle();
  expect(looks()).toBe(1);
  become('PAUSED', 'SUSPENDED', { ...aDomain.handle, uuid: new Uint8Array(16).fill(9) });
  await settle();
  expect(looks()).toBe(1);
  become('PAUSED', 'SUSPENDED');
  await settle();
  expect(looks()).toBe(2);
  become('RUNNING', 'RESUMED');
  await running;
  expect(looks()).toBe(3);
  expect(daemon.callsOf('domainLookupByUuid')).toHaveLength(1);
  expect(clock.sleepers).toBe(0);
});

test('one subscription serves many waits, and leaving the scope ends it at the daemon', async () => {
  {
    await using watch = await watchDomain(conn, uuid);
    state = 'PAUSED';
    await watch.until('PAUSED', { timeoutMs: 1000 });
    state = 'RUNNING';
    await watch.until('RUNNING', { timeoutMs: 1000 });
    expect(daemon.registrations).toHaveLength(1);
  }
  expect(daemon.registrations).toEqual([]);
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toMatchObject([
    { dom: { uuid: aDomain.handle.uuid } },
  ]);
});

test('a domain that stops while another state is awaited ends the wait with libvirt’s reason', async () => {
  await using watch = await watchDomain(conn, uuid);
  for (const over of ['SHUTOFF', 'CRASHED', 'ABSENT'] as const) {
    state = 'PAUSED';
    const running = watch.until('RUNNING', { timeoutMs: 10_000 });
    await settle();
    become(over, 'STOPPED');
    await expect(running).rejects.toMatchObject({ code: 'DOMAIN_STOPPED', context: { state: over, uuid } });
  }
});

test('a domain that is gone has stopped, for whoever awaits that', async () => {
  state = 'ABSENT';
  await using watch = await watchDomain(conn, uuid);
  await watch.until('SHUTOFF', { timeoutMs: 1000 });
});

test('an event that overtakes the answer to the question is not missed', async () => {
  await using watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  beforeAnswer = () => {
    beforeAnswer = undefined;
    become('RUNNING', 'RESUMED');
  };
  await watch.until('RUNNING', { timeoutMs: 5000 });
  expect(looks()).toBe(2);
});

test('until gives up in time and says what the domain is', async () => {
  const clock = manualClock();
  await using watch = await watchDomain(conn, uuid, { clock });
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 5000 });
  const refused = expect(running).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: `Domain ${uuid} did not become RUNNING within 5 s; it is PAUSED (USER)`,
  });
  await settle();
  await clock.advance(5000);
  await refused;
  expect(clock.sleepers).toBe(0);
});

test('an abort ends a wait with its reason, and the watch goes on', async () => {
  await using watch = await watchDomain(conn, uuid);
  const abort = new AbortController();
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 10_000, signal: abort.signal });
  const alive = watch.whileAlive(() => new Promise(() => {}), { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await expect(alive).rejects.toThrow('enough');
  await watch.until('PAUSED', { timeoutMs: 1000 });
});

test('a lost connection ends waits with its error, also the next ones', async () => {
  await using watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 10_000 });
  await settle();
  daemon.disconnect();
  await expect(running).rejects.toMatchObject({ name: 'ConnectionLostError' });
  await expect(watch.until('RUNNING', { timeoutMs: 10_000 })).rejects.toMatchObject({ name: 'ConnectionLostError' });
});

test('a watch that was left ends its waits', async () => {
  const watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 10_000 });
  const ended = expect(running).rejects.toMatchObject({ code: 'EVENTS_CLOSED' });
  await settle();
  await watch[Symbol.asyncDispose]();
  await watch[Symbol.asyncDispose]();
  await ended;
});

test('whileAlive settles as what it runs', async () => {
  await using watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  expect(await watch.whileAlive(async () => 'plugged')).toBe('plugged');
  await expect(watch.whileAlive(() => Promise.reject(new Error('not plugged')))).rejects.toThrow('not plugged');
});

test('whileAlive ends what it runs as soon as the domain stops', async () => {
  await using watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  let given: AbortSignal | undefined;
  const waiting = watch.whileAlive((signal) => {
    given = signal;
    return new Promise(() => {});
  });
  await settle();
  expect(given?.aborted).toBe(false);
  become('SHUTOFF', 'STOPPED');
  await expect(waiting).rejects.toMatchObject({ code: 'DOMAIN_STOPPED' });
  expect(given?.aborted).toBe(true);
});

test('until answers state and reason, and may await one of several states', async () => {
  await using watch = await watchDomain(conn, uuid);
  state = 'PAUSED';
  const over = watch.until(['RUNNING', 'SHUTOFF', 'CRASHED'], { timeoutMs: 5000 });
  await settle();
  become('CRASHED', 'CRASHED');
  expect(await over).toEqual({ state: 'CRASHED', reason: 'PANICKED' });
  state = 'SHUTOFF';
  expect(await watch.until(['RUNNING', 'SHUTOFF'], { timeoutMs: 5000 })).toMatchObject({ state: 'SHUTOFF' });
  state = 'ABSENT';
  expect(await watch.until('SHUTOFF', { timeoutMs: 5000 })).toEqual({ state: 'ABSENT', reason: 'UNDEFINED' });
});

test('a guest that stops shows the end of its console, without what a terminal would obey', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-watch-'));
  try {
    const consoleLogPath = join(directory, 'console.log');
    await writeFile(consoleLogPath, 'booting\r\n\u001b[31mKernel panic\u001b[0m - not syncing\u0007\r\n');
    await using watch = await watchDomain(conn, uuid, { consoleLogPath });
    state = 'SHUTOFF';
    await expect(watch.until('RUNNING', { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'DOMAIN_STOPPED',
      message: expect.stringMatching(/is SHUTOFF .*\n {2}\| booting\n {2}\| Kernel panic - not syncing$/) as string,
      context: { consoleLines: ['booting', 'Kernel panic - not syncing'] },
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('on a connection that is renewed a wait outlives the daemon, and sees what happened meanwhile', async () => {
  await using renewed = await connect(daemon.uri, { reconnect: { minDelayMs: 1, maxDelayMs: 5 } });
  await using watch = await watchDomain(renewed, uuid);
  state = 'PAUSED';
  const running = watch.until('RUNNING', { timeoutMs: 10_000 });
  await settle();
  // Nobody is told of it.
  state = 'RUNNING';
  daemon.disconnect();
  expect(await running).toMatchObject({ state: 'RUNNING' });
});

test('a question that is under way when the daemon goes is asked again', async () => {
  await using renewed = await connect(daemon.uri, { reconnect: { minDelayMs: 1, maxDelayMs: 5 } });
  await using watch = await watchDomain(renewed, uuid);
  state = 'RUNNING';
  beforeAnswer = () => {
    beforeAnswer = undefined;
    daemon.disconnect();
  };
  expect(await watch.until('RUNNING', { timeoutMs: 10_000 })).toMatchObject({ state: 'RUNNING' });
});

test('leaving a watch does not wait for a daemon that does not answer', async () => {
  let hangs = false;
  const before = ({ name }: { readonly name: string }) =>
    hangs && name === 'connectDomainEventCallbackDeregisterAny' ? new Promise<void>(() => {}) : undefined;
  await using deaf = await fakeDaemon({}, { before });
  await using connection = await connect(deaf.uri);
  const watch = await watchDomain(connection, uuid);
  hangs = true;
  await watch[Symbol.asyncDispose]();
  expect(deaf.registrations).toHaveLength(1);
});
