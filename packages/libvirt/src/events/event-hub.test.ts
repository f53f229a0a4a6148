import { afterEach, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { uuidBytes } from '../objects/uuid.ts';
import { type Answers, DaemonError, type FakeDaemon, fakeDaemon } from '../testing/index.ts';

const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const dom = { name: 'web', uuid: uuidBytes(uuid), id: 3 };
const domain = { name: 'web', uuid, id: 3 };
const STARTED = { msg: { dom, event: 2, detail: 0 } };

let daemon: FakeDaemon;
let conn: Connection;

async function start(answers: Answers = {}): Promise<void> {
  daemon = await fakeDaemon(answers);
  conn = await connect(daemon.uri);
}

afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

/** Lets everything arrive that is under way. */
const settle = () => conn.hostname().catch(() => {});

test('subscriptions of the same kind and object share one registration, which ends with the last of them', async () => {
  await start();
  const [first, second] = await Promise.all([conn.events.domain('lifecycle'), conn.events.domain('lifecycle')]);
  const third = await conn.events.domain('lifecycle');
  await using _of = await conn.events.domain('lifecycle', { domain });
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toHaveLength(2);
  await second.return();
  daemon.emit('domain', 'lifecycle', STARTED);
  for (const events of [first, third]) expect((await events.next()).value?.event).toBe('STARTED');
  expect(await second.next()).toEqual({ done: true, value: undefined });
  await first.return();
  expect(daemon.registrations).toHaveLength(2);
  await third.return();
  expect(daemon.registrations).toHaveLength(1);
});

test('a subscription waits for the deregistration of the one before it', async () => {
  const release = Promise.withResolvers<undefined>();
  const order: string[] = [];
  await start({
    connectDomainEventCallbackRegisterAny: () => ({ callbackID: order.push('register') }),
    connectDomainEventCallbackDeregisterAny: ({ callbackID }) => {
      order.push(`deregister ${callbackID}`);
      return release.promise;
    },
  });
  const first = await conn.events.domain('lifecycle');
  const returned = first.return();
  await expect.poll(() => order).toEqual(['register', 'deregister 1']);
  const second = conn.events.domain('lifecycle');
  await settle();
  expect(order).toEqual(['register', 'deregister 1']);
  release.resolve(undefined);
  await returned;
  await (await second).return();
  expect(order).toEqual(['register', 'deregister 1', 'register', 'deregister 3']);
});

test('a refused registration is refused to everybody who wants it, and tried again later', async () => {
  let refuse = true;
  await start({
    connectDomainEventCallbackRegisterAny: () => {
      if (refuse) throw new DaemonError('NO_SUPPORT', 'no events here');
      return { callbackID: 1 };
    },
    connectDomainEventCallbackDeregisterAny: () => undefined,
  });
  const both = await Promise.allSettled([conn.events.domain('lifecycle'), conn.events.domain('lifecycle')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(daemon.callsOf('connectDomainEventCallbackRegisterAny')).toHaveLength(1);
  refuse = false;
  await (await conn.events.domain('lifecycle')).return();
});

test('the end of the connection reaches everybody with its reason', async () => {
  await start();
  const all = [await conn.events.domain('lifecycle'), await conn.events.network('lifecycle')];
  const waiting = all.map((events) => events.next());
  daemon.disconnect();
  for (const one of waiting) await expect(one).rejects.toMatchObject({ name: 'ConnectionLostError', code: 'LOST' });
  for (const events of all) expect(await events.next()).toEqual({ done: true, value: undefined });
});
