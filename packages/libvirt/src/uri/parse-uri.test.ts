import { expect, test } from 'vitest';
import { param, parseUri } from './parse-uri.ts';
import { serverUri } from './server-uri.ts';

test.each([
  ['qemu:///system', { driver: 'qemu', transport: undefined, host: undefined, path: '/system', params: [] }],
  ['test:///default', { driver: 'test', path: '/default' }],
  ['qemu+unix:///session?socket=/tmp/a%20b', { transport: 'unix', path: '/session', params: [['socket', '/tmp/a b']] }],
  ['qemu+ssh://root@host.example:2222/system', { transport: 'ssh', user: 'root', host: 'host.example', port: 2222 }],
  ['xen+tls://[fe80::1%25eth0]/', { driver: 'xen', transport: 'tls', host: 'fe80::1%eth0', path: '/' }],
  [
    'qemu+tcp://[::1]:16510/system?a=1&b=2;a=3',
    {
      host: '::1',
      port: 16510,
      params: [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
    },
  ],
  ['QEMU+TCP://h/system#fragment', { driver: 'qemu', transport: 'tcp', host: 'h' }],
  [
    'qemu:///system?mode=a+b&flag',
    {
      params: [
        ['mode', 'a+b'],
        ['flag', ''],
      ],
    },
  ],
  ['remote+tcp://h/', { driver: 'remote', host: 'h', path: '/' }],
  ['qemu:/system', { driver: 'qemu', host: undefined, path: '/system' }],
])('%s is taken apart', (text, parts) => {
  expect(parseUri(text)).toMatchObject(parts);
});

test.each([
  'system',
  '',
  '://host/system',
  'qemu+://h/',
  'qemu://host:port/system',
  'qemu://host:0/',
  'qemu://host:65536/',
  'qemu://[::1/system',
  'qemu:///a%zz',
  'qemu:///system\nx',
  `qemu:///${'x'.repeat(5000)}`,
])('%j is INVALID_URI', (text) => {
  expect(() => parseUri(text)).toThrow(expect.objectContaining({ code: 'INVALID_URI' }));
});

test('a password before the host is not shown', () => {
  expect(() => parseUri('qemu+tcp://me:hunter2@host:0/')).toThrow('"qemu+tcp://me:***@host:0/" is no connection URI');
});

test('the last one of several parameters counts', () => {
  expect(param(parseUri('qemu:///system?mode=auto&mode=legacy'), 'mode')).toBe('legacy');
  expect(param(parseUri('qemu:///system'), 'mode')).toBeUndefined();
});

test.each([
  ['qemu:///system', 'qemu:///system'],
  ['qemu+tcp://root@host:1/system?mode=auto', 'qemu:///system'],
  ['qemu+unix:///session?socket=/tmp/s&command=x&keyfile=k', 'qemu:///session'],
  ['esx://host/?no_verify=1&auto_answer=1&vcenter=a%26b', 'esx:///?auto_answer=1&vcenter=a%26b'],
  ['qemu+tcp://h/system?name=lxc:///', 'lxc:///'],
  ['remote+tcp://h/', ''],
  ['remote:///', ''],
  ['test:///a%20file.xml', 'test:///a%20file.xml'],
])('for %s the server is told %j', (text, told) => {
  expect(serverUri(parseUri(text))).toBe(told);
});
