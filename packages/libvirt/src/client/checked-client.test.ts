import { expect, test } from 'vitest';
import { rawPeer } from '../../test/raw-peer.ts';
import {
  connectGetType,
  domainCreateWithFiles,
  domainGetBlkioParameters,
  networkSetMetadata,
} from '../generated/procedures.gen.ts';
import { decodeBody } from '../xdr/codec.ts';
import { checkedClient, releaseText } from './checked-client.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };

test('a call that the server is too old for is refused before it is sent', async () => {
  const peer = rawPeer();
  const client = checkedClient(peer.client, 9_000_000);
  const net = { name: 'n', uuid: new Uint8Array(16) };
  const call = client.call(networkSetMetadata, { network: net, type: 0, flags: 0 });
  await expect(call).rejects.toMatchObject({ name: 'UnsupportedError', codeName: 'NO_SUPPORT' });
  await expect(call).rejects.toThrow('networkSetMetadata needs libvirt 9.7.0 or later; this server has 9.0.0');
  expect(peer.waiting()).toBe(0);
});

test('file descriptors are refused before anything is sent', async () => {
  const client = checkedClient(rawPeer().client, 11_003_000);
  await expect(client.call(domainCreateWithFiles, { dom, flags: 0 })).rejects.toThrow('passes file descriptors');
});

test('the flag for string parameters is added to what the caller asks for', async () => {
  const peer = rawPeer();
  const client = checkedClient(peer.client, 9_000_000);
  const call = client.call(domainGetBlkioParameters, { dom, nparams: 0, flags: 2 });
  const sent = await peer.next();
  expect(decodeBody(domainGetBlkioParameters.args, sent.payload)).toMatchObject({ nparams: 0, flags: 6 });
  peer.reply(sent, domainGetBlkioParameters, { params: [], nparams: 3 });
  expect(await call).toEqual({ params: [], nparams: 3 });
});

test('other calls, events and the end pass through', async () => {
  const peer = rawPeer();
  const client = checkedClient(peer.client, 9_000_000);
  const call = client.call(connectGetType, undefined);
  peer.reply(await peer.next(), connectGetType, { type: 'Test' });
  expect(await call).toEqual({ type: 'Test' });
  peer.socket.destroy();
  expect(await client.closed).toMatchObject({ code: 'LOST' });
});

test('a release reads as libvirt writes it', () => {
  expect([9_000_000, 11_003_012, 1_002_001].map(releaseText)).toEqual(['9.0.0', '11.3.12', '1.2.1']);
});
