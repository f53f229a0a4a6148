import { expect, test } from 'vitest';
import { type RawPeer, rawPeer } from '../../test/raw-peer.ts';
import { authSaslInit, authSaslStart, authSaslStep } from '../generated/procedures.gen.ts';
import { decodeBody } from '../xdr/codec.ts';
import { authenticateBySasl, type SaslOptions } from './sasl.ts';
import type { SaslMechanism } from './sasl-mechanism.ts';

const credentials = async () => ({ username: 'nova', password: 's3cret' });
const begin = (peer: RawPeer, options: Partial<SaslOptions> = {}) =>
  authenticateBySasl(peer.client, { host: 'h', credentials, secure: true, ...options });

async function offer(peer: RawPeer, mechlist: string) {
  peer.reply(await peer.next(), authSaslInit, { mechlist });
}
const message = (text?: string) => ({ nil: text === undefined ? 1 : 0, data: Int8Array.from(Buffer.from(text ?? '')) });
const says = (complete: boolean, text?: string) => ({ complete: Number(complete), ...message(text) });

/** Says what it hears, in capitals, and is content after `rounds` of it. */
const shout = (rounds: number): SaslMechanism => ({
  name: 'X-SHOUT',
  async start() {
    let left = rounds;
    return {
      initial: undefined,
      async respond(challenge) {
        left--;
        return challenge && Buffer.from(Buffer.from(challenge).toString().toUpperCase());
      },
      get complete() {
        return left <= 0;
      },
    };
  },
});

test('PLAIN is one message', async () => {
  const peer = rawPeer();
  const done = begin(peer);
  await offer(peer, 'GSSAPI PLAIN');
  const call = await peer.next();
  expect(decodeBody(authSaslStart.args, call.payload)).toEqual({ mech: 'PLAIN', ...message('\0nova\0s3cret') });
  peer.reply(call, authSaslStart, says(true));
  await done;
});

test.each([
  ['PLAIN SCRAM-SHA-1 SCRAM-SHA-256', {}, 'SCRAM-SHA-256'],
  ['plain,scram-sha-512', {}, 'SCRAM-SHA-512'],
  ['PLAIN SCRAM-SHA-1', { wanted: 'plain' }, 'PLAIN'],
  ['PLAIN X-SHOUT', { mechanisms: [shout(1)] }, 'X-SHOUT'],
])('of %j %j is taken', async (mechlist, options, mech) => {
  const peer = rawPeer();
  const done = begin(peer, options).catch(() => {});
  await offer(peer, mechlist);
  expect(decodeBody(authSaslStart.args, (await peer.next()).payload)).toMatchObject({ mech });
  peer.socket.destroy();
  await done;
});

test('messages go to and fro; nothing said is not the same as nothing in it', async () => {
  const peer = rawPeer();
  const done = begin(peer, { mechanisms: [shout(3)] });
  await offer(peer, 'X-SHOUT');
  const start = await peer.next();
  expect(decodeBody(authSaslStart.args, start.payload)).toEqual({ mech: 'X-SHOUT', ...message() });
  peer.reply(start, authSaslStart, says(false, 'ü'));
  const first = await peer.next();
  expect(decodeBody(authSaslStep.args, first.payload)).toEqual(message('Ü'));
  peer.reply(first, authSaslStep, says(false, ''));
  const second = await peer.next();
  expect(decodeBody(authSaslStep.args, second.payload)).toEqual(message(''));
  peer.reply(second, authSaslStep, says(true, 'last'));
  await done;
});

test('the client takes its last step even when the server says that all is done, and is not content with less', async () => {
  const peer = rawPeer();
  const done = begin(peer, { mechanisms: [shout(2)] });
  await offer(peer, 'X-SHOUT');
  peer.reply(await peer.next(), authSaslStart, says(true, 'trust me'));
  await expect(done).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_FAILED' });
  await expect(done).rejects.toThrow('the server ended it before proving itself');
});

test('a server that skips the exchange of SCRAM is not believed', async () => {
  const peer = rawPeer();
  const done = begin(peer);
  await offer(peer, 'SCRAM-SHA-256');
  peer.reply(await peer.next(), authSaslStart, says(true));
  await expect(done).rejects.toMatchObject({ name: 'AuthError' });
});

test('an exchange without end is ended', async () => {
  const peer = rawPeer();
  const done = begin(peer, { mechanisms: [shout(1000)] }).catch((error: unknown) => error);
  await offer(peer, 'X-SHOUT');
  peer.reply(await peer.next(), authSaslStart, says(false, 'a'));
  for (let i = 0; i < 20; i++) peer.reply(await peer.next(), authSaslStep, says(false, 'a'));
  expect(await done).toMatchObject({ message: 'Authentication by X-SHOUT: no end after 20 messages' });
});

test('what nobody has in common is AUTH_UNAVAILABLE', async () => {
  const peer = rawPeer();
  const done = begin(peer, { wanted: 'GSSAPI' });
  await offer(peer, 'PLAIN GSSAPI');
  await expect(done).rejects.toThrow(
    'The server offers the SASL mechanisms "PLAIN GSSAPI", and this client has no GSSAPI',
  );
  const other = begin(peer);
  await offer(peer, 'GSSAPI');
  await expect(other).rejects.toMatchObject({ codeName: 'AUTH_UNAVAILABLE' });
});

test('where others may read it nothing is said at all', async () => {
  const peer = rawPeer();
  await expect(begin(peer, { secure: false })).rejects.toMatchObject({ codeName: 'AUTH_UNAVAILABLE' });
  await expect(begin(peer, { secure: false })).rejects.toThrow('wants a mechanism with a security layer');
  expect(peer.waiting()).toBe(0);
});

test('a password that is wrong is what the server says, and stands nowhere in the error', async () => {
  const peer = rawPeer();
  const done = begin(peer).catch((error: unknown) => error);
  await offer(peer, 'PLAIN');
  peer.fail(await peer.next(), { code: 45, message: 'authentication failed' });
  const error = await done;
  expect(error).toMatchObject({ name: 'AuthError', codeName: 'AUTH_FAILED' });
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('s3cret');
});
