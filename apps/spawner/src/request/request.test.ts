import { expect, test } from 'vitest';
import { requestFromSpec } from './request.ts';
import { parseSpec } from '../spec/read-spec.ts';

const request = (text: string) => requestFromSpec({ spec: parseSpec(text), directory: '/srv/specs' });

test('requestFromSpec resolves sources against the place of the specification', () => {
  expect(request('name: web\nimage: ../disk.qcow2').image?.source).toEqual({ type: 'file', path: '/srv/disk.qcow2' });
  expect(request('name: web\nimage: file:///x/disk.raw').image?.source).toEqual({ type: 'file', path: '/x/disk.raw' });
  expect(request('name: web\nimage: https://images.example/a.qcow2').image?.source).toEqual({
    type: 'http',
    url: 'https://images.example/a.qcow2',
  });
});

test.each([
  ['an unknown scheme', 'name: web\nimage: ftp://x/y', /"ftp" is not a source/],
  ['credentials in an address', 'name: web\nimage: https://me:hunter2@images.example/y', /carries a user name or pass/],
  ['half a MiB of memory', 'name: web\nflavor: { memory: 512.5MiB }', /not a whole number of MiB/],
])('requestFromSpec refuses %s', (_, text, message) => {
  expect(() => request(text)).toThrow(message);
  expect(() => request(text)).not.toThrow(/hunter2/);
});

test('requestFromSpec keeps the exact disk size and rounds the flavor up to whole GiB', () => {
  const { rootDiskBytes, instance } = request('name: web\nflavor: { disk: 1.5GiB }');
  expect(rootDiskBytes).toBe(1536n << 20n);
  expect(instance.rootGb).toBe(2);
});

test('requestFromSpec gives networks their addresses: static where one is named, DHCP elsewhere', () => {
  const { networkInfo } = request(
    'name: web\nnetworks: [{ network: lan }, { bridge: br0, address: 10.0.0.5/24, gateway: 10.0.0.1 }, { user: true }]',
  );
  expect(networkInfo.map((vif) => vif.type)).toEqual(['network', 'bridge', 'user']);
  expect(networkInfo[0]?.network.subnets).toEqual([]);
  expect(networkInfo[1]?.network.subnets[0]).toMatchObject({
    cidr: '10.0.0.5/24',
    gateway: { address: '10.0.0.1' },
    ips: [{ address: '10.0.0.5' }],
  });
  expect(new Set(networkInfo.map((vif) => vif.address)).size).toBe(3);
});
