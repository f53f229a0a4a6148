import { expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { rawPeer } from '../../test/raw-peer.ts';
import { AuthType } from '../generated/enums.gen.ts';
import { authList, authPolkit, authSaslInit } from '../generated/procedures.gen.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { authenticate } from './authenticate.ts';

const { NONE, SASL, POLKIT } = AuthType;

/** What the client asks for when the server offers `types`, or how it fails. */
async function asked(types: readonly number[], uri?: string): Promise<string> {
  const peer = rawPeer();
  const host = hostIn('/nonexistent');
  const done = authenticate(peer.client, { host, uri: uri === undefined ? undefined : parseUri(uri), secure: true });
  const outcome = done.then(
    () => 'nothing',
    (error: Error) => error.message,
  );
  const next = async () => {
    peer.reply(await peer.next(), authList, { types });
    const { procedure } = await peer.next();
    return [authPolkit, authSaslInit].find(({ number }) => number === procedure)?.name ?? `procedure ${procedure}`;
  };
  const first = await Promise.race([outcome, next()]);
  peer.socket.destroy();
  await outcome;
  return first;
}

test.each([
  [[NONE], undefined, 'nothing'],
  [[POLKIT], undefined, 'authPolkit'],
  [[SASL], undefined, 'authSaslInit'],
  [[SASL, POLKIT], undefined, 'authPolkit'],
  [[SASL, POLKIT, NONE], 'qemu:///system?auth=sasl', 'authSaslInit'],
  [[SASL, POLKIT, NONE], 'qemu:///system?auth=SASL.PLAIN', 'authSaslInit'],
  [[SASL, POLKIT, NONE], 'qemu:///system?AUTH=polkit', 'authPolkit'],
  [[77], undefined, 'The server demands authentication by the type 77; this client can do none, polkit, SASL'],
  [[SASL], 'qemu:///system?auth=polkit', 'The server demands authentication by SASL; the URI asks for polkit'],
])('of %j %s leads to %s', async (types, uri, what) => {
  expect(await asked(types, uri)).toBe(what);
});

test('another kind of authentication in the URI is INVALID_URI, and nothing is sent', async () => {
  const peer = rawPeer();
  const uri = parseUri('qemu:///system?auth=kerberos');
  const done = authenticate(peer.client, { host: hostIn('/nonexistent'), uri, secure: true });
  await expect(done).rejects.toMatchObject({ code: 'INVALID_URI' });
  await expect(done).rejects.toThrow('auth="kerberos" is unknown; allowed are polkit, sasl and sasl.MECHANISM');
  expect(peer.waiting()).toBe(0);
});
