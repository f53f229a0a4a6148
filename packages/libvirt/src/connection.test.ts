import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { connect } from './connect.ts';
import { ConnectionLostError, LibvirtError, NotFoundError, UnsupportedError } from './errors.ts';
import { uuidBytes } from './objects/uuid.ts';
import { DaemonError, fakeDaemon } from './testing/index.ts';

const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const handle = (id = -1, name = 'web') => ({ name, uuid: uuidBytes(uuid), id });

test('connect tells release and URI, and what the release supports', async () => {
  await using daemon = await fakeDaemon({}, { libVersion: 9_000_001 });
  await using conn = await connect(daemon.uri);
  expect(conn.libVersion).toEqual({ major: 9, minor: 0, micro: 1 });
  expect(conn.uri).toBe(daemon.uri);
  expect([conn.supports('domainDefineXmlFlags'), conn.supports('networkSetMetadata')]).toEqual([true, false]);
  expect(daemon.callsOf('connectOpen')).toEqual([{ name: 'test:///default', flags: 0 }]);
});

test('a procedure that the release does not know is refused before anything is sent', async () => {
  await using daemon = await fakeDaemon({}, { libVersion: 1_000_000 });
  await using conn = await connect(daemon.uri);
  await expect(conn.domains.define('<domain/>')).rejects.toThrow(UnsupportedError);
  expect(daemon.callsOf('domainDefineXmlFlags')).toEqual([]);
});

test('a domain is defined, started paused, resumed and undefined, and its id follows', async () => {
  await using daemon = await fakeDaemon({
    domainDefineXmlFlags: () => ({ dom: handle() }),
    domainCreateWithFlags: () => ({ dom: handle(7) }),
    domainResume: () => undefined,
    domainDestroyFlags: () => undefined,
    domainUndefineFlags: () => undefined,
  });
  await using conn = await connect(daemon.uri);
  const domain = await conn.domains.define('<domain/>', { flags: ['VALIDATE'] });
  expect(domain).toMatchObject({ name: 'web', uuid, id: undefined });
  await domain.start({ paused: true, flags: ['START_AUTODESTROY'] });
  expect(domain.id).toBe(7);
  await domain.resume();
  await domain.destroy();
  expect(domain.id).toBe(undefined);
  await domain.undefine({ flags: ['NVRAM', 'TPM'] });
  expect(daemon.calls.slice(-5)).toEqual([
    { name: 'domainDefineXmlFlags', args: { xml: '<domain/>', flags: 1 } },
    { name: 'domainCreateWithFlags', args: { dom: handle(), flags: 3 } },
    { name: 'domainResume', args: { dom: handle(7) } },
    { name: 'domainDestroyFlags', args: { dom: handle(7), flags: 0 } },
    { name: 'domainUndefineFlags', args: { dom: handle(), flags: 36 } },
  ]);
});

test('state and reason have names, and a newer daemon’s reasons numbers', async () => {
  const states = [
    [1, 1],
    [3, 11],
    [5, 99],
    [42, 1],
  ];
  await using daemon = await fakeDaemon({
    domainLookupByName: () => ({ dom: handle(1) }),
    domainGetState: () => {
      const [state = 0, reason = 0] = states.shift() ?? [];
      return { state, reason };
    },
  });
  await using conn = await connect(daemon.uri);
  const domain = await conn.domains.byName('web');
  expect(await domain.state()).toEqual({ state: 'RUNNING', reason: 'BOOTED' });
  expect(await domain.state()).toEqual({ state: 'PAUSED', reason: 'STARTING_UP' });
  expect(await domain.state()).toEqual({ state: 'SHUTOFF', reason: 'UNKNOWN_99' });
  expect(await domain.state()).toEqual({ state: 'NOSTATE', reason: 'UNKNOWN_1' });
});

test('errors are classes by their code, and say what was attempted', async () => {
  await using daemon = await fakeDaemon({
    domainLookupByUuid: () => {
      throw new DaemonError('NO_DOMAIN', 'Domain not found: no domain with matching uuid');
    },
    networkLookupByName: () => {
      throw new DaemonError('OPERATION_FAILED', 'out of luck');
    },
  });
  await using conn = await connect(daemon.uri);
  const missing = await conn.domains.byUuid(uuid).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(NotFoundError);
  expect(missing).toMatchObject({ codeName: 'NO_DOMAIN', procedure: 'domainLookupByUuid' });
  const failed = await conn.networks.byName('default').catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(LibvirtError);
  expect([failed instanceof NotFoundError, (failed as LibvirtError).is('OPERATION_FAILED')]).toEqual([false, true]);
});

test('text that is no UUID is refused before anything is sent', async () => {
  await using daemon = await fakeDaemon();
  await using conn = await connect(daemon.uri);
  await expect(conn.domains.byUuid('web')).rejects.toThrow('"web" is no UUID');
  expect(daemon.callsOf('domainLookupByUuid')).toEqual([]);
});

test('an aborted call rejects with the reason, and its late reply disturbs nobody', async () => {
  const answer = Promise.withResolvers<{ hostname: string }>();
  await using daemon = await fakeDaemon({
    connectGetHostname: () => answer.promise,
    connectGetCapabilities: () => ({ capabilities: '<capabilities/>' }),
  });
  await using conn = await connect(daemon.uri);
  const controller = new AbortController();
  const reason = new Error('enough');
  const aborted = conn.hostname({ signal: controller.signal });
  controller.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  answer.resolve({ hostname: 'late' });
  expect(await conn.capabilities({ signal: new AbortController().signal })).toBe('<capabilities/>');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('a daemon that dies rejects every call under way, and the connection says so', async () => {
  const called = Promise.withResolvers<void>();
  await using daemon = await fakeDaemon({
    connectGetHostname: () => {
      called.resolve();
      return new Promise(() => {});
    },
  });
  await using conn = await connect(daemon.uri);
  const calls = Promise.allSettled([conn.hostname(), conn.hostname()]);
  await called.promise;
  daemon.disconnect();
  for (const call of await calls) {
    expect(call).toMatchObject({ reason: { name: 'ConnectionLostError', code: 'LOST', maybeExecuted: true } });
  }
  expect(await conn.closed).toBeInstanceOf(Error);
  await expect(conn.hostname()).rejects.toThrow(ConnectionLostError);
});

test('a connection is closed once, however often it is disposed of', async () => {
  await using daemon = await fakeDaemon();
  const conn = await connect(daemon.uri);
  await Promise.all([conn[Symbol.asyncDispose](), conn[Symbol.asyncDispose]()]);
  await conn[Symbol.asyncDispose]();
  expect(await conn.closed).toBe(undefined);
  expect(daemon.callsOf('connectClose')).toHaveLength(1);
  await expect.poll(() => daemon.clients).toBe(0);
  await expect(conn.hostname()).rejects.toMatchObject({ code: 'CLOSED', maybeExecuted: false });
});

test('an abort at any step of connecting leaves nothing open', async () => {
  for (const step of ['authList', 'connectSupportsFeature', 'connectOpen', 'connectGetLibVersion'] as const) {
    const asked = Promise.withResolvers<void>();
    const never = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    await using daemon = await fakeDaemon({ [step]: never });
    const controller = new AbortController();
    const connecting = connect(daemon.uri, { signal: controller.signal });
    await asked.promise;
    expect(daemon.clients).toBe(1);
    controller.abort(new Error(`enough of ${step}`));
    await expect(connecting).rejects.toThrow(`enough of ${step}`);
    await expect.poll(() => daemon.clients).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }
});

test('nothing depends on frames that arrive in one piece', async () => {
  await using daemon = await fakeDaemon(
    { connectGetCapabilities: () => ({ capabilities: '<capabilities/>' }) },
    { splitBytes: 1 },
  );
  await using conn = await connect(daemon.uri);
  expect(await conn.capabilities()).toBe('<capabilities/>');
});

test('connecting to nobody names the socket and keeps the system’s error', async () => {
  const refused = connect('test+unix:///default?socket=/nonexistent/sock');
  await expect(refused).rejects.toMatchObject({ code: 'UNREACHABLE', cause: { code: 'ENOENT' } });
  await expect(connect(undefined, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
