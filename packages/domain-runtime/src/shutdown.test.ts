import { manualClock } from '@spawnkit/effects/testing';
import { type Connection, connect } from '@spawnkit/libvirt';
import { type Answers, DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDomain, lifecycle, states } from '../test/fake-domain.ts';
import { shutdownDomain } from './shutdown.ts';

const { uuid, handle } = aDomain;
let state: keyof typeof states | 'ABSENT';
let onShutdown: Answers['domainShutdownFlags'];
let daemon: FakeDaemon;
let conn: Connection;

beforeEach(async () => {
  state = 'RUNNING';
  onShutdown = () => undefined;
  daemon = await fakeDaemon({
    domainLookupByUuid() {
      if (state === 'ABSENT') throw new DaemonError('NO_DOMAIN', 'no domain with that uuid');
      return { dom: handle };
    },
    domainGetState: () => ({ state: states[state as keyof typeof states], reason: 1 }),
    domainShutdownFlags: (...call) => onShutdown?.(...call),
    domainDestroyFlags() {
      state = 'SHUTOFF';
      return undefined;
    },
  });
  conn = await connect(daemon.uri);
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
  expect(daemon.registrations).toEqual([]);
});

const asked = () => daemon.callsOf('domainShutdownFlags').length;
const destroyed = () => daemon.callsOf('domainDestroyFlags').length;
const untilAsked = async (times: number) => {
  while (asked() < times) await new Promise((resolve) => setTimeout(resolve, 5));
  // The wait that follows has to be there before time moves on.
  await new Promise((resolve) => setTimeout(resolve, 20));
};

function goes(): void {
  state = 'SHUTOFF';
  daemon.emit('domain', 'lifecycle', lifecycle('STOPPED', handle));
}

test('a guest that listens is asked once, and not destroyed', async () => {
  onShutdown = () => {
    setTimeout(goes, 10);
    return undefined;
  };
  expect(await shutdownDomain(conn, uuid)).toBe('SHUTDOWN');
  expect([asked(), destroyed()]).toEqual([1, 0]);
});

test('a guest that did not listen is asked again, and destroyed in the end', async () => {
  const clock = manualClock();
  const stopping = shutdownDomain(conn, uuid, { clock, timeoutMs: 25_000, repeatMs: 10_000 });
  for (const [times, ms] of [
    [1, 10_000],
    [2, 10_000],
    [3, 5000],
  ] as const) {
    await untilAsked(times);
    await clock.advance(ms);
  }
  expect(await stopping).toBe('DESTROYED');
  expect([asked(), destroyed()]).toEqual([3, 1]);
});

test('without a fallback a guest that does not listen stays, and the error says what it is', async () => {
  const clock = manualClock();
  const stopping = shutdownDomain(conn, uuid, { clock, timeoutMs: 1000, fallback: 'none' });
  const refused = expect(stopping).rejects.toMatchObject({ code: 'WAIT_TIMEOUT', context: { state: 'RUNNING' } });
  await untilAsked(1);
  await clock.advance(1000);
  await refused;
  expect(destroyed()).toBe(0);
});

test('a paused guest cannot hear: it is destroyed at once, or not at all', async () => {
  state = 'PAUSED';
  await expect(shutdownDomain(conn, uuid, { fallback: 'none' })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: expect.stringContaining('PAUSED') as string,
  });
  expect(await shutdownDomain(conn, uuid)).toBe('DESTROYED');
  expect(asked()).toBe(0);
});

test('what does not run, or is not there, needs no shutdown', async () => {
  for (const off of ['SHUTOFF', 'ABSENT'] as const) {
    state = off;
    expect(await shutdownDomain(conn, uuid)).toBe('OFF');
  }
  expect([asked(), destroyed()]).toEqual([0, 0]);
});

test('a domain that ends in the moment it is asked has shut down', async () => {
  onShutdown = () => {
    goes();
    throw new DaemonError('OPERATION_INVALID', 'domain is not running');
  };
  expect(await shutdownDomain(conn, uuid)).toBe('SHUTDOWN');
});

test('what else libvirt refuses, and an abort, pass through', async () => {
  onShutdown = () => {
    throw new DaemonError('OPERATION_TIMEOUT', 'cannot acquire state change lock');
  };
  await expect(shutdownDomain(conn, uuid)).rejects.toMatchObject({ codeName: 'OPERATION_TIMEOUT' });
  onShutdown = () => undefined;
  const abort = new AbortController();
  const stopping = shutdownDomain(conn, uuid, { signal: abort.signal });
  const refused = expect(stopping).rejects.toThrow('enough');
  await untilAsked(2);
  abort.abort(new Error('enough'));
  await refused;
  expect(destroyed()).toBe(0);
});
