import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rawPeer } from '../../test/raw-peer.ts';
import { NetMessageType } from '../generated/enums.gen.ts';
import { connectEventConnectionClosed } from '../generated/events.gen.ts';
import { connectRegisterCloseCallback, connectUnregisterCloseCallback } from '../generated/procedures.gen.ts';
import { silentLog } from '../log.ts';
import { Events } from './events.ts';

test('the loss of the daemon’s own upstream is an event with a reason, though it has no callback id', async () => {
  const peer = rawPeer();
  const subscribing = new Events(peer.client, silentLog).upstreamClosed();
  const register = await peer.next();
  expect(register.procedure).toBe(connectRegisterCloseCallback.number);
  const { number } = connectEventConnectionClosed;
  const closed = (reason: number) =>
    peer.send({ type: NetMessageType.MESSAGE, procedure: number }, Uint8Array.of(0, 0, 0, reason));
  closed(2);
  peer.reply(register, connectRegisterCloseCallback, undefined);
  const events = await subscribing;
  closed(1);
  closed(9);
  const seen = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
  expect(seen).toEqual([{ reason: 'KEEPALIVE' }, { reason: 'EOF' }, { reason: 'UNKNOWN_9' }]);
  const left = events.return();
  const unregister = await peer.next();
  expect(unregister.procedure).toBe(connectUnregisterCloseCallback.number);
  peer.reply(unregister, connectUnregisterCloseCallback, undefined);
  await left;
  closed(0);
  await turn();
  expect(peer.waiting()).toBe(0);
});
