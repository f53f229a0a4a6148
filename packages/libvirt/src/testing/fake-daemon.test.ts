import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { expect, expectTypeOf, test } from 'vitest';
import { connect } from '../connect.ts';
import { UnsupportedError } from '../errors.ts';
import { DaemonError, fakeDaemon } from './index.ts';

const socketOf = (uri: string) => new URL(uri).searchParams.get('socket') ?? '';

test('a fake daemon answers what it was given, writes down what it was asked, and leaves no socket', async () => {
  const daemon = await fakeDaemon({
    domainLookupById: ({ id }) => ({ dom: { name: 'a', uuid: new Uint8Array(16), id } }),
  });
  const conn = await connect(daemon.uri);
  expect((await conn.domains.byId(4)).id).toBe(4);
  await conn[Symbol.asyncDispose]();
  expect(daemon.callsOf('domainLookupById')).toEqual([{ id: 4 }]);
  expect(daemon.calls.map(({ name }) => name)).toEqual([
    'authList',
    'connectSupportsFeature',
    'connectOpen',
    'connectGetLibVersion',
    'domainLookupById',
    'connectClose',
  ]);
  const socket = socketOf(daemon.uri);
  expect(existsSync(socket)).toBe(true);
  await daemon[Symbol.asyncDispose]();
  expect(existsSync(socket)).toBe(false);
});

test('a call can be refused or held back before it is answered, registering for events, too', async () => {
  let refused: string | undefined;
  await using daemon = await fakeDaemon(
    {},
    {
      before({ name }) {
        if (name === refused) throw new DaemonError('SYSTEM_ERROR', 'Device or resource busy', { int1: 16 });
      },
    },
  );
  await using conn = await connect(daemon.uri);
  refused = 'connectDomainEventCallbackRegisterAny';
  await expect(conn.events.domain('lifecycle')).rejects.toMatchObject({ codeName: 'SYSTEM_ERROR', int1: 16 });
  expect(daemon.registrations).toEqual([]);
});

test('answers are typed by their procedure', async () => {
  await using daemon = await fakeDaemon({
    domainLookupByName: ({ name }) => {
      expectTypeOf(name).toBeString();
      return { dom: { name, uuid: new Uint8Array(16), id: -1 } };
    },
    // @ts-expect-error
    connectGetHostname: () => ({ hostName: 'misspelt' }),
  });
  expectTypeOf(daemon.callsOf('domainLookupById')).toEqualTypeOf<{ readonly id: number }[]>();
  // @ts-expect-error
  expect(daemon.callsOf('domainLookupByNmae')).toEqual([]);
});

test('what it has no answer for, it does not know, and says so', async () => {
  await using daemon = await fakeDaemon();
  await using conn = await connect(daemon.uri);
  await expect(conn.hostname()).rejects.toThrow(UnsupportedError);
  await expect(conn.hostname()).rejects.toThrow('the fake daemon has no answer for connectGetHostname');
});

test('answers that throw are errors of their code, others internal ones', async () => {
  await using daemon = await fakeDaemon({
    connectGetHostname: () => Promise.reject(new DaemonError('NO_MEMORY', 'none left')),
    connectGetCapabilities: () => {
      throw new Error('a mistake in a test');
    },
  });
  await using conn = await connect(daemon.uri);
  await expect(conn.hostname()).rejects.toMatchObject({ codeName: 'NO_MEMORY', str2: 'none left' });
  await expect(conn.capabilities()).rejects.toMatchObject({ codeName: 'INTERNAL_ERROR', str2: 'a mistake in a test' });
});

test('answers may come late, and in another order than they were asked for', async () => {
  const hostname = Promise.withResolvers<{ hostname: string }>();
  await using daemon = await fakeDaemon({
    connectGetHostname: () => hostname.promise,
    connectGetCapabilities: () => ({ capabilities: '<capabilities/>' }),
  });
  await using conn = await connect(daemon.uri);
  const order: string[] = [];
  const late = conn.hostname().then((name) => order.push(name));
  order.push(await conn.capabilities());
  hostname.resolve({ hostname: 'late' });
  await late;
  expect(order).toEqual(['<capabilities/>', 'late']);
});

test('splitBytes cuts what it sends into pieces that arrive one by one', async () => {
  await using daemon = await fakeDaemon({}, { splitBytes: 3 });
  const socket = createConnection(socketOf(daemon.uri));
  const pieces: number[] = [];
  // A call that libvirt does not have: length, program, version, procedure, type, serial, status.
  const words = [28, 0x2000_8086, 1, 99_999, 0, 1, 0];
  socket.write(Buffer.concat(words.map((word) => Buffer.from(word.toString(16).padStart(8, '0'), 'hex'))));
  for await (const piece of socket) {
    pieces.push((piece as Buffer).length);
    if (pieces.length === 10) break;
  }
  // Ten reads for a reply of a few hundred bytes; a busy machine joins some of the pieces.
  expect(pieces).toHaveLength(10);
  expect(pieces.reduce((sum, length) => sum + length)).toBeLessThan(200);
});
