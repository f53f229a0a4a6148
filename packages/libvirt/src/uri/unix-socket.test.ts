import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import type { ClientHost } from './host.ts';
import { parseUri } from './parse-uri.ts';
import { unixSocket } from './unix-socket.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-sockets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A user's host, or root's, whose sockets all lie in one directory. */
const host = (euid: number, env: ClientHost['env'] = {}): ClientHost => hostIn(directory, { euid, env });
const exists = (...names: readonly string[]) => {
  for (const name of names) writeFileSync(join(directory, name), '');
};
const socket = (uri: string | undefined, { readonly = false, as = host(0) } = {}) => {
  const { path, missing, daemons } = unixSocket(uri === undefined ? undefined : parseUri(uri), { readonly }, as);
  const short = (one: string) => one.replace(`${directory}/`, '');
  return { path: short(path), missing: missing.map(short), daemons };
};

test('the driver’s own daemon is preferred, then the one for everything', () => {
  exists('libvirt-sock');
  expect(socket('qemu:///system').path).toBe('libvirt-sock');
  exists('virtqemud-sock');
  expect(socket('qemu:///system')).toEqual({ path: 'virtqemud-sock', missing: [], daemons: [] });
  expect(socket('lxc:///').path).toBe('libvirt-sock');
  expect(socket('test:///default').path).toBe('libvirt-sock');
});

test('where nothing is, both places are named', () => {
  expect(socket('qemu:///system')).toEqual({ path: 'virtqemud-sock', missing: ['libvirt-sock'], daemons: [] });
});

test('mode=legacy and mode=direct look at one kind only', () => {
  exists('libvirt-sock', 'virtqemud-sock');
  expect(socket('qemu:///system?mode=legacy').path).toBe('libvirt-sock');
  expect(socket('qemu:///system?mode=direct').path).toBe('virtqemud-sock');
  expect(socket('lxc:///?mode=direct')).toMatchObject({ path: 'virtlxcd-sock', missing: [] });
  expect(() => socket('test:///default?mode=direct')).toThrow('mode=direct needs a driver with a daemon of its own');
  expect(() => socket('qemu:///system?mode=fast')).toThrow('allowed are auto, legacy, direct');
});

test('a read-only connection has a socket of its own at the system’s daemon only', () => {
  exists('libvirt-sock', 'libvirt-sock-ro');
  expect(socket('qemu:///system', { readonly: true }).path).toBe('libvirt-sock-ro');
  expect(socket('qemu:///session', { readonly: true, as: host(1000) }).path).not.toContain('-ro');
});

test('a given socket is taken as it is', () => {
  expect(socket('qemu:///system?socket=/a/b', { readonly: true })).toEqual({ path: '/a/b', missing: [], daemons: [] });
});

test('without a URI the first hypervisor’s daemon that is there is taken', () => {
  exists('virtlxcd-sock', 'libvirt-sock');
  expect(socket(undefined).path).toBe('virtlxcd-sock');
  expect(socket('remote:///').path).toBe('virtlxcd-sock');
});

test('only users other than root have a session daemon, which may be started', () => {
  expect(socket('qemu:///session', { as: host(1000) }).daemons).toEqual(['virtqemud', 'libvirtd']);
  exists('libvirt-sock');
  expect(socket('qemu:///session', { as: host(1000) }).daemons).toEqual(['libvirtd']);
  expect(socket('test:///default', { as: host(1000) }).daemons).toEqual(['libvirtd']);
  expect(socket('qemu:///session', { as: host(0) }).daemons).toEqual([]);
  expect(socket('qemu:///system', { as: host(1000) }).daemons).toEqual([]);
  expect(socket('qemu:///session', { as: host(1000, { LIBVIRT_AUTOSTART: '0' }) }).daemons).toEqual([]);
});
