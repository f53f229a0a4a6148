import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest';
import { connect } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { ConnectionLostError } from '../errors.ts';
import { uuidBytes } from '../objects/uuid.ts';
import { type Answers, DaemonError, type FakeDaemon, fakeDaemon } from '../testing/index.ts';
import { EventsLostError } from './events-lost-error.ts';

const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const dom = { name: 'web', uuid: uuidBytes(uuid), id: 3 };
const domain = { name: 'web', uuid, id: 3 };
const STARTED = { msg: { dom, event: 2, detail: 0 } };

let daemon: FakeDaemon;
let conn: Connection;
const warnings: unknown[] = [];
const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };

async function start(answers: Answers = {}): Promise<void> {
  daemon = await fakeDaemon(answers);
  conn = await connect(daemon.uri, { log });
}

beforeEach(() => void (warnings.length = 0));
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

/** Lets everything arrive that is under way. */
const settle = () => conn.hostname().catch(() => {});

test('lifecycle events come typed, in order, until the loop is left, which deregisters', async () => {
  await start();
  const events = await conn.events.domain('lifecycle');
  expect(daemon.registrations).toEqual([{ object: 'domain', eventID: 0, callbackID: 0 }]);
  daemon.emit('domain', 'lifecycle', STARTED);
  daemon.emit('domain', 'lifecycle', { msg: { dom, event: 3, detail: 0 } });
  daemon.emit('domain', 'lifecycle', { msg: { dom, event: 77, detail: 5 } });
  const seen: unknown[] = [];
  for await (const event of events) if (seen.push(event) === 3) break;
  expect(seen).toEqual([
    { domain, event: 'STARTED', detail: 'BOOTED' },
    { domain, event: 'SUSPENDED', detail: 'PAUSED' },
    { domain, event: 'UNKNOWN_77', detail: 'UNKNOWN_5' },
  ]);
  expect(daemon.registrations).toEqual([]);
});

test('which details there are depends on the event', async () => {
  await start();
  const read = async () => {
    for await (const event of await conn.events.domain('lifecycle')) {
      if (event.event === 'STARTED') {
        expectTypeOf(event.detail).toExtend<
          'BOOTED' | 'MIGRATED' | 'RESTORED' | 'FROM_SNAPSHOT' | 'WAKEUP' | `UNKNOWN_${number}`
        >();
        // @ts-expect-error
        if (event.detail === 'CRASHED') return;
      }
    }
  };
  expectTypeOf(read).returns.resolves.toBeVoid();
  // @ts-expect-error
  await expect(conn.events.domain('lifecycel')).rejects.toThrow();
  const added = await conn.events.domain('deviceAdded');
  expectTypeOf(added.next()).resolves.toExtend<IteratorResult<{ alias: string }, undefined>>();
  await added.return();
});

test('a filter goes to the daemon', async () => {
  await start({ domainLookupByName: () => ({ dom }) });
  await using _all = await conn.events.domain('reboot', { domain: await conn.domains.byName('web') });
  await using _ref = await conn.events.domain('rtcChange', { domain: { name: 'web', uuid, id: undefined } });
  await using _net = await conn.events.network('lifecycle', { network: { name: 'default', uuid } });
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toEqual([
    { eventID: 1, dom },
    { eventID: 2, dom: { ...dom, id: -1 } },
  ]);
  expect(daemon.callsOf('connectNetworkEventRegisterAny')).toEqual([
    { eventID: 0, net: { name: 'default', uuid: dom.uuid } },
  ]);
});

test('events that overtake the reply of their registration are seen', async () => {
  await start({
    connectDomainEventCallbackRegisterAny: () => {
      daemon.emitTo('domain', 'lifecycle', 12, STARTED);
      daemon.emitTo('domain', 'lifecycle', 13, STARTED);
      return { callbackID: 12 };
    },
    connectDomainEventCallbackDeregisterAny: () => undefined,
  });
  await using events = await conn.events.domain('lifecycle');
  daemon.emitTo('domain', 'lifecycle', 12, { msg: { dom, event: 4, detail: 0 } });
  expect((await events.next()).value?.event).toBe('STARTED');
  expect((await events.next()).value?.event).toBe('RESUMED');
});

test('objects do not share callback ids, domains and monitors do', async () => {
  await start();
  await using domains = await conn.events.domain('lifecycle');
  await using networks = await conn.events.network('lifecycle');
  await using monitor = await conn.events.qemuMonitor({ event: 'STOP|RESUME', flags: ['REGEX'] });
  expect(daemon.registrations.map((one) => one.callbackID)).toEqual([0, 0, 1]);
  daemon.emit('network', 'lifecycle', { net: { name: 'default', uuid: dom.uuid }, event: 2, detail: 0 });
  daemon.emit('qemuMonitor', 'monitor', { dom, event: 'STOP', seconds: 1n, micros: 2, details: '{}' });
  daemon.emit('domain', 'lifecycle', STARTED);
  expect((await networks.next()).value).toEqual({ network: { name: 'default', uuid }, event: 'STARTED' });
  expect((await monitor.next()).value).toEqual({ domain, event: 'STOP', seconds: 1n, micros: 2, details: '{}' });
  expect((await domains.next()).value?.event).toBe('STARTED');
  expect(daemon.callsOf('connectDomainMonitorEventRegister')).toEqual([
    { dom: undefined, event: 'STOP|RESUME', flags: 1 },
  ]);
});

test('every way out of a subscription deregisters once', async () => {
  await start();
  const controller = new AbortController();
  const { signal } = controller;
  const kinds = ['reboot', 'pmsuspend', 'pmwakeup'] as const;
  const streams = await Promise.all(kinds.map((kind) => conn.events.domain(kind, { signal })));
  const waiting = streams[0]?.next();
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(streams[1]?.next()).rejects.toThrow('enough');
  for (const stream of streams) {
    await stream.return();
    await stream[Symbol.asyncDispose]();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  }
  expect(daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toHaveLength(3);
  expect(daemon.registrations).toEqual([]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a loop that throws deregisters', async () => {
  await start();
  daemon.emit('domain', 'reboot', { msg: { dom } });
  const loop = async () => {
    const events = await conn.events.domain('reboot');
    daemon.emit('domain', 'reboot', { msg: { dom } });
    for await (const _ of events) throw new Error('of the loop');
  };
  await expect(loop()).rejects.toThrow('of the loop');
  expect(daemon.registrations).toEqual([]);
});

test('an abort while registering rejects at once and deregisters when the reply comes', async () => {
  const reply = Promise.withResolvers<{ callbackID: number }>();
  await start({
    connectDomainEventCallbackRegisterAny: () => reply.promise,
    connectDomainEventCallbackDeregisterAny: () => undefined,
  });
  const controller = new AbortController();
  const subscribing = conn.events.domain('lifecycle', { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(subscribing).rejects.toThrow('enough');
  expect(daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toEqual([]);
  reply.resolve({ callbackID: 5 });
  await expect.poll(() => daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toEqual([{ callbackID: 5 }]);
  const late = conn.events.domain('lifecycle', { signal: controller.signal });
  await expect(late).rejects.toThrow('enough');
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toHaveLength(1);
});

test('a registration that the daemon refuses leaves nothing', async () => {
  await start({
    connectDomainEventCallbackRegisterAny: () => {
      throw new DaemonError('INVALID_ARG', 'unsupported event ID 27');
    },
  });
  const { signal } = new AbortController();
  await expect(conn.events.domain('nicMacChange', { signal })).rejects.toThrow('unsupported event ID 27');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(daemon.callsOf('connectDomainEventCallbackDeregisterAny')).toEqual([]);
});

test('a deregistration that the daemon refuses is a warning, not an error', async () => {
  await start({
    connectDomainEventCallbackDeregisterAny: () => {
      throw new DaemonError('INTERNAL_ERROR', 'no such callback');
    },
  });
  const events = await conn.events.domain('lifecycle');
  expect(await events.return()).toEqual({ done: true, value: undefined });
  expect(warnings).toEqual(['A subscription to events was not released cleanly']);
});

test('a slow consumer stalls no reply, and gets EventsLostError after what fits its queue', async () => {
  await start({ connectGetHostname: () => ({ hostname: 'host' }) });
  await using slow = await conn.events.domain('rtcChange', { queue: { limit: 2 } });
  await using latest = await conn.events.domain('rtcChange', { queue: { limit: 2, overflow: 'dropOldest' } });
  await using filtered = await conn.events.domain('rtcChange', { domain, queue: { limit: 2 } });
  for (let offset = 1n; offset <= 5n; offset++) daemon.emit('domain', 'rtcChange', { msg: { dom, offset } });
  expect(await conn.hostname()).toBe('host');
  const offsets: unknown[] = [];
  const read = async () => {
    for await (const { offsetSeconds } of slow) offsets.push(offsetSeconds);
  };
  await expect(read()).rejects.toThrow(EventsLostError);
  expect(offsets).toEqual([1n, 2n]);
  expect([(await latest.next()).value?.offsetSeconds, latest.dropped]).toEqual([4n, 3]);
  await expect(
    filtered
      .next()
      .then(() => filtered.next())
      .then(() => filtered.next()),
  ).rejects.toThrow(EventsLostError);
  await expect.poll(() => daemon.registrations.length).toBe(1);
});

test('events of unknown ids, and those that follow a deregistration, are nobody’s', async () => {
  await start();
  const first = await conn.events.domain('lifecycle');
  await first.return();
  daemon.emitTo('domain', 'lifecycle', 0, STARTED);
  daemon.emitTo('domain', 'lifecycle', 99, STARTED);
  await using second = await conn.events.domain('lifecycle');
  daemon.emit('domain', 'lifecycle', { msg: { dom, event: 5, detail: 0 } });
  expect((await second.next()).value?.event).toBe('STOPPED');
});

test('a lost connection is thrown after the events that had come', async () => {
  await start();
  const events = await conn.events.domain('lifecycle');
  const once = conn.events.once('domain', 'reboot');
  const refused = expect(once).rejects.toThrow(ConnectionLostError);
  await expect.poll(() => daemon.registrations.length).toBe(2);
  daemon.emit('domain', 'lifecycle', STARTED);
  await settle();
  daemon.disconnect();
  await refused;
  expect((await events.next()).value?.event).toBe('STARTED');
  await expect(events.next()).rejects.toThrow(ConnectionLostError);
  await events[Symbol.asyncDispose]();
  expect(warnings).toEqual([]);
});

test('closing the connection ends its subscriptions', async () => {
  await start();
  const events = await conn.events.domain('lifecycle');
  const next = events.next();
  const once = expect(conn.events.once('domain', 'reboot')).rejects.toMatchObject({ code: 'CLOSED' });
  await expect.poll(() => daemon.registrations.length).toBe(2);
  await conn[Symbol.asyncDispose]();
  expect(await next).toEqual({ done: true, value: undefined });
  await once;
  await events.return();
});

test('once answers with the first event that is wanted and deregisters', async () => {
  await start();
  const removed = conn.events.once('domain', 'deviceRemoved', { where: ({ alias }) => alias === 'net1' });
  await expect.poll(() => daemon.registrations.length).toBe(1);
  for (const devAlias of ['net0', 'net1', 'net2']) daemon.emit('domain', 'deviceRemoved', { msg: { dom, devAlias } });
  expect(await removed).toEqual({ domain, alias: 'net1' });
  expect(daemon.registrations).toEqual([]);
});

test('an event that cannot be read ends its subscription, not the connection', async () => {
  await start({ connectGetHostname: () => ({ hostname: 'host' }) });
  const events = await conn.events.domain('lifecycle');
  // The callback id of one kind with the body of another.
  daemon.emitTo('domain', 'migrationIteration', 0, { dom, iteration: 1 });
  await expect(events.next()).rejects.toMatchObject({ name: 'ProtocolError' });
  expect(await conn.hostname()).toBe('host');
});
