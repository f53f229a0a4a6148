import { expect, test } from 'vitest';
import type { ReceivedMessage } from '../client/rpc-client.ts';
import { type EventListener, eventRouter, NO_ID } from './event-router.ts';
import { EventsLostError } from './events-lost-error.ts';

const events = [
  { program: 1, number: 10, object: 'domain', idSpace: 'domain', body: 'nested' },
  { program: 2, number: 6, object: 'qemuMonitor', idSpace: 'domain', body: 'flat' },
  { program: 1, number: 20, object: 'network', idSpace: 'network', body: 'flat' },
  { program: 1, number: 30, object: 'domain', idSpace: 'domain', body: 'bare' },
  { program: 1, number: 40, object: 'connection', idSpace: undefined, body: 'bare' },
] as const;

function routed() {
  let listener: ((message: ReceivedMessage) => void) | undefined;
  const router = eventRouter({ onEvent: (given) => void (listener = given) }, events);
  const emit = (program: number, procedure: number, id: number, mark = 0) =>
    listener?.({ program, procedure, payload: Uint8Array.of(0, 0, 0, id, mark) });
  return { router, emit };
}

function recorder(): EventListener & { readonly marks: number[]; readonly ends: unknown[] } {
  const marks: number[] = [];
  const ends: unknown[] = [];
  return {
    marks,
    ends,
    deliver: (payload) => void marks.push(payload[4] ?? -1),
    end: (error) => void ends.push(error),
  };
}

test('messages go by id space and callback id, whatever their program', async () => {
  const { router, emit } = routed();
  const [domain, network] = [recorder(), recorder()];
  await router.join('domain', async () => 3, domain);
  await router.join('network', async () => 3, network);
  emit(1, 10, 3, 1);
  emit(2, 6, 3, 2);
  emit(1, 20, 3, 3);
  emit(1, 20, 4, 4);
  expect([domain.marks, network.marks]).toEqual([[1, 2], [3]]);
});

test('messages that overtake the reply of their registration are delivered first, and once', async () => {
  const { router, emit } = routed();
  const [first, second] = [recorder(), recorder()];
  const replies = [Promise.withResolvers<number>(), Promise.withResolvers<number>()] as const;
  const joins = [
    router.join('domain', () => replies[0].promise, first),
    router.join('domain', () => replies[1].promise, second),
  ];
  emit(1, 10, 8, 1);
  emit(1, 10, 9, 2);
  emit(1, 10, 8, 3);
  replies[1].resolve(9);
  await joins[1];
  emit(1, 10, 8, 4);
  emit(1, 10, 9, 5);
  replies[0].resolve(8);
  await joins[0];
  emit(1, 10, 8, 6);
  expect([first.marks, second.marks]).toEqual([
    [1, 3, 4, 6],
    [2, 5],
  ]);
});

test('messages of unknown ids are dropped when nothing of their space registers, and after it has', async () => {
  const { router, emit } = routed();
  const [early, late] = [recorder(), recorder()];
  emit(1, 10, 1, 1);
  await router.join('network', async () => 5, recorder());
  emit(1, 10, 1, 2);
  await router.join('domain', async () => 2, early);
  await router.join('domain', async () => 1, late);
  expect([early.marks, late.marks]).toEqual([[], []]);
});

test('a failed registration leaves nothing parked', async () => {
  const { router, emit } = routed();
  const reply = Promise.withResolvers<number>();
  const join = router.join('domain', () => reply.promise, recorder());
  emit(1, 10, 1, 1);
  reply.reject(new Error('unsupported event ID 99'));
  await expect(join).rejects.toThrow('unsupported event ID 99');
  const next = recorder();
  await router.join('domain', async () => 1, next);
  expect(next.marks).toEqual([]);
});

test('messages under way to somebody who leaves are dropped, not kept for the next one', async () => {
  const { router, emit } = routed();
  const [leaver, next] = [recorder(), recorder()];
  const [left, joined] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
  await router.join('domain', async () => 1, leaver);
  const join = router.join('domain', () => joined.promise, next);
  const leave = router.leave('domain', 1, () => left.promise);
  emit(1, 10, 1, 1);
  left.resolve();
  await leave;
  joined.resolve(2);
  await join;
  expect([leaver.marks, next.marks]).toEqual([[], []]);
});

test('more early messages than may wait end the registration with an error', async () => {
  const { router, emit } = routed();
  const reply = Promise.withResolvers<number>();
  const listener = recorder();
  const join = router.join('domain', () => reply.promise, listener);
  for (let count = 0; count < 4097; count++) emit(1, 10, 1, 1);
  reply.resolve(1);
  await join;
  expect(listener.marks).toHaveLength(4096);
  expect(listener.ends).toEqual([expect.any(EventsLostError)]);
});

test('early messages count only as long as they wait', async () => {
  const { router, emit } = routed();
  const [first, second] = [recorder(), recorder()];
  const replies = [Promise.withResolvers<number>(), Promise.withResolvers<number>()] as const;
  const joins = [
    router.join('domain', () => replies[0].promise, first),
    router.join('domain', () => replies[1].promise, second),
  ];
  for (let count = 0; count < 4096; count++) emit(1, 10, 1, 1);
  replies[0].resolve(1);
  await joins[0];
  for (let count = 0; count < 4096; count++) emit(1, 10, 2, 1);
  replies[1].resolve(2);
  await joins[1];
  expect([first.marks.length, second.marks.length, second.ends]).toEqual([4096, 4096, []]);
});

test('messages without a callback id, of unknown kinds or too short are nobody’s', async () => {
  const { router, emit } = routed();
  const listener = recorder();
  await router.join('domain', async () => 0, listener);
  emit(1, 30, 0);
  emit(7, 7, 0);
  expect(listener.marks).toEqual([]);
});

test('the close message, which has no id, goes to whoever registered for it', async () => {
  const { router, emit } = routed();
  const [early, domain] = [recorder(), recorder()];
  await router.join('domain', async () => 2, domain);
  const reply = Promise.withResolvers<number>();
  const joined = router.join('connection', () => reply.promise, early);
  emit(1, 40, 2, 1);
  reply.resolve(NO_ID);
  await joined;
  emit(1, 40, 0, 2);
  expect([early.marks, domain.marks]).toEqual([[1, 2], []]);
});

test('after a reset an id is nobody’s until it is registered again', async () => {
  const { router, emit } = routed();
  const [old, renewed] = [recorder(), recorder()];
  await router.join('domain', async () => 0, old);
  router.reset();
  emit(1, 10, 0, 1);
  await router.join('domain', async () => 0, renewed);
  emit(1, 10, 0, 2);
  expect([old.marks, renewed.marks]).toEqual([[], [2]]);
});
