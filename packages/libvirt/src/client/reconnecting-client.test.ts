import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { type EventGap, isGap } from '../events/event-gap.ts';
import type { Log } from '../log.ts';
import { uuidBytes } from '../objects/uuid.ts';
import { type Answers, DaemonError, type FakeDaemon, fakeDaemon } from '../testing/index.ts';
import type { ReconnectOptions } from './reconnecting-client.ts';

const dom = { name: 'web', uuid: uuidBytes('01234567-89ab-cdef-0123-456789abcdef'), id: 3 };
const event = (detail: number) => ({ msg: { dom, event: 2, detail } });
const REGISTER = 'connectDomainEventCallbackRegisterAny';

/** What connecting is answered while the daemon is `down`, and any call that the test holds back. */
let down: DaemonError | undefined;
let held: PromiseWithResolvers<{ hostname: string }> | undefined;
let daemon: FakeDaemon;
let conn: Connection<EventGap>;
let log: string[];

beforeEach(() => {
  down = undefined;
  held = undefined;
  log = [];
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

async function start(options: ReconnectOptions = {}, answers: Answers = {}): Promise<void> {
  daemon = await fakeDaemon({
    connectOpen: () => {
      if (down) throw down;
      return undefined;
    },
    connectGetHostname: () => held?.promise ?? { hostname: 'host' },
    connectGetCapabilities: () => ({ capabilities: '<capabilities/>' }),
    ...answers,
  });
  const note = (message: string) => void log.push(message);
  const notes: Log = { debug: note, info: note, warn: note, error: note };
  conn = await connect(daemon.uri, { reconnect: { minDelayMs: 5, maxDelayMs: 20, ...options }, log: notes });
}

/** Ends the connection, and resolves when the client knows. */
async function lose(): Promise<void> {
  daemon.disconnect();
  await expect.poll(() => log).toContain('The connection to libvirt was lost');
}
const asked = (name: 'connectOpen' | typeof REGISTER) => daemon.callsOf(name).length;

test('calls under way fail as perhaps carried out, and are not repeated', async () => {
  await start();
  held = Promise.withResolvers();
  const calls = [conn.hostname(), conn.hostname()];
  await expect.poll(() => daemon.callsOf('connectGetHostname').length).toBe(2);
  daemon.disconnect();
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'LOST', maybeExecuted: true });
  held = undefined;
  expect(await conn.hostname()).toBe('host');
  expect(daemon.callsOf('connectGetHostname')).toHaveLength(3);
  expect(asked('connectOpen')).toBe(2);
  expect(log.slice(-2)).toEqual(['The connection to libvirt was lost', 'The connection to libvirt was renewed']);
});

test('calls made in between wait, and go once; a wait ends with its signal', async () => {
  await start();
  down = new DaemonError('INTERNAL_ERROR', 'not yet');
  await lose();
  const controller = new AbortController();
  const aborted = conn.hostname({ signal: controller.signal });
  const calls = [conn.hostname(), conn.capabilities()];
  await expect.poll(() => asked('connectOpen')).toBeGreaterThan(2);
  controller.abort('enough');
  await expect(aborted).rejects.toBe('enough');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect(conn.hostname({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
  down = undefined;
  expect(await Promise.all(calls)).toEqual(['host', '<capabilities/>']);
  expect(daemon.callsOf('connectGetHostname')).toHaveLength(1);
});

test('calls made the moment the connection ends are not lost either', async () => {
  await start();
  for (let round = 0; round < 5; round++) {
    daemon.disconnect();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => conn.hostname()));
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'LOST', maybeExecuted: true });
    }
    expect(await conn.hostname()).toBe('host');
  }
});

test('calls may be told to fail at once instead', async () => {
  await start({ calls: 'fail' });
  down = new DaemonError('INTERNAL_ERROR', 'not yet');
  await lose();
  await expect(conn.hostname()).rejects.toMatchObject({ code: 'LOST', maybeExecuted: false });
  await expect(conn.hostname()).rejects.toThrow('is not renewed yet; connectGetHostname was not sent');
  down = undefined;
  await expect.poll(() => conn.hostname().catch(() => undefined)).toBe('host');
});

test('subscriptions are renewed before anybody’s call, and say where events are missing', async () => {
  await start();
  const all = await conn.events.domain('lifecycle');
  const same = await conn.events.domain('lifecycle');
  const one = await conn.events.domain('reboot', {
    domain: { name: 'web', uuid: '01234567-89ab-cdef-0123-456789abcdef', id: 3 },
  });
  daemon.emit('domain', 'lifecycle', event(0));
  await lose();
  await conn.hostname();
  expect(daemon.calls.map(({ name }) => name).slice(-3)).toEqual([REGISTER, REGISTER, 'connectGetHostname']);
  expect(daemon.registrations).toHaveLength(2);
  daemon.emit('domain', 'lifecycle', event(1));
  for (const events of [all, same]) {
    const seen = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
    expect(seen.map((got) => (got && !isGap(got) ? got.detail : got))).toEqual(['BOOTED', { type: 'gap' }, 'MIGRATED']);
  }
  expect(await one.next()).toEqual({ done: false, value: { type: 'gap' } });
});

test('a gap is told once for each loss, also when the renewal itself is lost', async () => {
  let registrations = 0;
  await start(
    {},
    {
      connectDomainEventCallbackRegisterAny: () => {
        if (++registrations === 2) daemon.disconnect();
        return { callbackID: 7 };
      },
      connectDomainEventCallbackDeregisterAny: () => undefined,
    },
  );
  const events = await conn.events.domain('lifecycle');
  daemon.disconnect();
  expect((await events.next()).value).toEqual({ type: 'gap' });
  expect(registrations).toBe(3);
  daemon.emitTo('domain', 'lifecycle', 7, event(0));
  expect((await events.next()).value).toMatchObject({ detail: 'BOOTED' });
  expect(await events.return()).toEqual({ done: true, value: undefined });
  expect(daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toEqual([{ callbackID: 7 }]);
});

test('a subscription that the daemon refuses now ends with what it says, the others go on', async () => {
  let refuse = false;
  await start(
    {},
    {
      connectNetworkEventRegisterAny: () => {
        if (refuse) throw new DaemonError('NO_SUPPORT', 'no network driver');
        return { callbackID: 1 };
      },
    },
  );
  const [network, domain] = [await conn.events.network('lifecycle'), await conn.events.domain('lifecycle')];
  refuse = true;
  daemon.disconnect();
  await expect(network.next()).rejects.toMatchObject({ name: 'UnsupportedError' });
  expect((await domain.next()).value).toEqual({ type: 'gap' });
});

test('a subscription that is left while there is no connection is not renewed, one that is made then waits', async () => {
  await start();
  const left = await conn.events.domain('lifecycle');
  down = new DaemonError('INTERNAL_ERROR', 'not yet');
  await lose();
  await left.return();
  const made = conn.events.domain('reboot');
  down = undefined;
  const events = await made;
  expect(daemon.registrations).toEqual([{ object: 'domain', eventID: 1, callbackID: 0 }]);
  await events.return();
  expect(daemon.registrations).toEqual([]);
});

test('a subscription that is left while it is renewed leaves nothing at the daemon', async () => {
  const reply = Promise.withResolvers<{ callbackID: number }>();
  let registrations = 0;
  await start(
    {},
    {
      connectDomainEventCallbackRegisterAny: () =>
        ++registrations === 2 ? reply.promise : { callbackID: registrations },
      connectDomainEventCallbackDeregisterAny: () => undefined,
    },
  );
  const events = await conn.events.domain('lifecycle');
  daemon.disconnect();
  await expect.poll(() => registrations).toBe(2);
  const left = events.return();
  reply.resolve({ callbackID: 2 });
  await left;
  expect(daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toEqual([{ callbackID: 2 }]);
});

test('a wait for one event fails, since it may have come in between', async () => {
  await start();
  const waiting = conn.events.once('domain', 'lifecycle');
  await expect.poll(() => asked(REGISTER)).toBe(1);
  daemon.disconnect();
  await expect(waiting).rejects.toMatchObject({ code: 'LOST', maybeExecuted: false });
  await expect.poll(() => daemon.registrations).toEqual([]);
});

test('a refusal for good ends the connection and everything that waits for it', async () => {
  await start();
  const events = await conn.events.domain('lifecycle');
  down = new DaemonError('AUTH_FAILED', 'not any more');
  await lose();
  const waiting = conn.hostname();
  await expect(waiting).rejects.toMatchObject({ code: 'LOST', maybeExecuted: false, cause: { name: 'AuthError' } });
  await expect(events.next()).rejects.toMatchObject({ name: 'ConnectionLostError', cause: { name: 'AuthError' } });
  expect(await conn.closed).toMatchObject({ name: 'AuthError' });
  await expect(conn.hostname()).rejects.toMatchObject({ code: 'LOST', cause: { name: 'AuthError' } });
});

test('disposal ends it while connected, waiting and connecting, and leaves nothing open', async () => {
  await start();
  const events = await conn.events.domain('lifecycle');
  await conn[Symbol.asyncDispose]();
  expect(await conn.closed).toBeUndefined();
  expect(await events.next()).toEqual({ done: true, value: undefined });
  await expect(conn.hostname()).rejects.toMatchObject({ code: 'CLOSED', maybeExecuted: false });
  await daemon[Symbol.asyncDispose]();

  for (const options of [{ minDelayMs: 10_000, maxDelayMs: 10_000 }, {}]) {
    await start(options);
    down = new DaemonError('INTERNAL_ERROR', 'not yet');
    await lose();
    const waiting = conn.hostname();
    const disposal = conn[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED', maybeExecuted: false });
    await disposal;
    expect(await conn.closed).toBeUndefined();
    await expect.poll(() => daemon.clients).toBe(0);
    await daemon[Symbol.asyncDispose]();
    log = [];
    down = undefined;
  }
});

test('the release is that of the daemon that is there now', async () => {
  let libVer = 9_000_000n;
  await start({}, { connectGetLibVersion: () => ({ libVer }) });
  expect([conn.libVersion.major, conn.supports('networkSetMetadata')]).toEqual([9, false]);
  libVer = 10_001_000n;
  await lose();
  await conn.hostname();
  expect([conn.libVersion, conn.supports('networkSetMetadata')]).toEqual([{ major: 10, minor: 1, micro: 0 }, true]);
});

test('delays that make no sense connect to nobody', async () => {
  await start();
  await expect(connect(daemon.uri, { reconnect: { minDelayMs: -5 } })).rejects.toThrow(RangeError);
  expect(daemon.clients).toBe(1);
});
