import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { findServer } from './find-server.ts';
import { type ClientHost, clientHost } from './host.ts';

let directory: string;
let host: ClientHost;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-config-'));
  host = hostIn(directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

const find = (uri: string | undefined, as = host) => findServer(uri, { readonly: false }, as);

test.each([
  ['qemu:///system?socket=/a', { name: '/a', secure: true }],
  ['qemu+tcp://host/system', { name: 'host:16509', secure: false }],
  ['qemu+tcp:///system', { name: 'localhost:16509', secure: false }],
  ['qemu+tcp://[::1]:1/system', { name: '[::1]:1', secure: false }],
  ['qemu://host/system', { name: 'host:16514', secure: true }],
  ['qemu+tls:///system', { name: 'localhost:16514', secure: true }],
  ['qemu+ssh://host/system', { name: 'host by ssh', secure: true }],
  ['qemu+libssh://host:2222/system', { name: 'host:2222 by ssh', secure: true }],
  ['qemu+libssh2://host/system', { name: 'host by ssh', secure: true }],
  ['qemu+ext:///system?command=/a/b', { name: 'the command /a/b', secure: false }],
])('%s leads to its transport', async (uri, transport) => {
  const { name, secure } = (await find(uri)).transport;
  expect({ name, secure }).toEqual(transport);
});

test.each([
  ['qemu+foo://host/system', '"foo" is no transport; there are unix, tcp, tls, ssh, libssh, libssh2 and ext'],
  ['qemu+unix://host/system', 'a unix socket has no host'],
  ['qemu+ext:///system', 'the transport ext needs command='],
  ['qemu+tls://host/system?no_verify=yes', 'no_verify="yes" must be a number: 1 for yes, 0 for no'],
])('%s is INVALID_URI', async (uri, why) => {
  await expect(find(uri)).rejects.toMatchObject({ code: 'INVALID_URI', message: expect.stringContaining(why) });
});

test('priorities in the language of GnuTLS are refused, its default is not', async () => {
  await expect(find('qemu+tls://host/?tls_priority=SECURE256')).rejects.toMatchObject({ name: 'UnsupportedError' });
  expect((await find('qemu+tls://host/?tls_priority=NORMAL')).transport.name).toBe('host:16514');
});

test('without a URI the variable counts, then the configuration, then the server chooses', async () => {
  expect(await find(undefined)).toMatchObject({ uri: '', given: undefined });
  writeFileSync(host.configFile, '# uri_default = "no:///"\n uri_default = "lxc:///" # uri_default = "no:///"\n');
  expect(await find(undefined)).toMatchObject({ uri: 'lxc:///', given: { text: 'lxc:///' } });
  const set = { ...host, env: { LIBVIRT_DEFAULT_URI: 'test:///default' } };
  expect(await find('', set)).toMatchObject({ uri: 'test:///default' });
  expect(await find('qemu:///system', set)).toMatchObject({ uri: 'qemu:///system' });
});

test('a name of libvirt.conf stands for its URI, a default one included', async () => {
  const aliases = `uri_aliases = [
    "hail=qemu+tcp://hail.example.com/system?a=1", # "sleet=no:///"
    'sleet=qemu+tcp://[::1]/system',
    "bad alias=no:///", "hail=later:///",
  ]
  uri_default = "sleet"`;
  writeFileSync(host.configFile, aliases);
  expect((await find('hail')).given?.text).toBe('qemu+tcp://hail.example.com/system?a=1');
  expect((await find(undefined)).transport.name).toBe('[::1]:16509');
  await expect(find('bad alias')).rejects.toMatchObject({ code: 'INVALID_URI' });
  await expect(find('snow')).rejects.toMatchObject({ code: 'INVALID_URI' });
});

test('this host has its own directories', () => {
  expect(clientHost()).toMatchObject({ euid: process.geteuid?.(), systemDirectory: '/var/run/libvirt' });
});
