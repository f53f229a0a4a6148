import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findServer } from './find-server.ts';
import { type ClientHost, clientHost, defaultUri } from './host.ts';

let directory: string;
let host: ClientHost;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-config-'));
  host = {
    env: {},
    euid: 0,
    sessionDirectory: directory,
    systemDirectory: directory,
    configFile: join(directory, 'libvirt.conf'),
  };
});
afterAll(() => rmSync(directory, { recursive: true }));

const find = (uri: string | undefined, as = host) => findServer(uri, { readonly: false }, as);

test('the transport follows from the URI', async () => {
  expect((await find('qemu:///system?socket=/a')).transport.name).toBe('/a');
  expect((await find('qemu+tcp://host/system')).transport.name).toBe('host:16509');
  expect((await find('qemu+tcp://host:99/system')).transport.name).toBe('host:99');
});

test.each([
  ['qemu://host/system', 'tls'],
  ['qemu+ssh://host/system', 'ssh'],
  ['qemu+ext:///system?command=x', 'ext'],
  ['qemu+libssh2://host/system', 'libssh2'],
])('%s needs what is not there yet', async (uri, transport) => {
  const found = find(uri);
  await expect(found).rejects.toMatchObject({ name: 'UnsupportedError', codeName: 'NO_SUPPORT' });
  await expect(found).rejects.toThrow(`needs the transport ${transport}; this client has unix and tcp so far`);
});

test('a unix socket has no host', async () => {
  await expect(find('qemu+unix://host/system')).rejects.toMatchObject({ code: 'INVALID_URI' });
});

test('without a URI the variable counts, then the configuration, then the server chooses', async () => {
  expect(await find(undefined)).toMatchObject({ uri: '', given: undefined });
  writeFileSync(host.configFile, '# uri_default = "no:///"\n uri_default = "lxc:///"\n');
  expect(await find(undefined)).toMatchObject({ uri: 'lxc:///', given: 'lxc:///' });
  const set = { ...host, env: { LIBVIRT_DEFAULT_URI: 'test:///default' } };
  expect(await find('', set)).toMatchObject({ uri: 'test:///default' });
  expect(await find('qemu:///system', set)).toMatchObject({ uri: 'qemu:///system' });
});

test('this host has its own directories', async () => {
  expect(clientHost()).toMatchObject({ euid: process.geteuid?.(), systemDirectory: '/var/run/libvirt' });
  expect(await defaultUri({ ...host, configFile: '/nonexistent' })).toBeUndefined();
});
