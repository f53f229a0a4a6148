import { injectedNetworkTemplate } from '@spawnkit/configdrive';
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

test('requestFromSpec gives an interface addresses of both families, and each its gateway and name servers', () => {
  const { networkInfo } = request(
    'name: web\nnetworks: [{ ovs: br-int, address: [10.0.0.5/24, "fd00::5/64"], gateway: ["fd00::1", 10.0.0.1], dns: [10.0.0.2] }]',
  );
  expect(networkInfo[0]).toMatchObject({ type: 'ovs', network: { bridge: 'br-int' } });
  expect(networkInfo[0]?.ovsInterfaceid).toMatch(/^[0-9a-f-]{36}$/);
  expect(networkInfo[0]?.network.subnets).toMatchObject([
    { version: 4, gateway: { address: '10.0.0.1' }, dns: [{ address: '10.0.0.2' }] },
    { version: 6, gateway: { address: 'fd00::1' }, dns: [] },
  ]);
});

test('requestFromSpec connects a macvtap device as the designer takes it', () => {
  const { networkInfo } = request('name: web\nnetworks: [{ macvtap: eth1 }]');
  expect(networkInfo[0]).toMatchObject({
    type: 'macvtap',
    details: { macvtap_source: 'eth1', macvtap_mode: 'bridge' },
  });
});

test("requestFromSpec says firmware, TPM and placement in Nova's words", () => {
  const { instance, imageMeta } = request(
    'name: web\nimage: { source: a, properties: { hw_firmware_type: bios } }\nfirmware: uefi-secure\ntpm: true\n' +
      'placement: { dedicatedCpus: true, numaNodes: 2, hugePages: 2MiB }\nflavor: { extraSpecs: { hw:cpu_policy: shared } }',
  );
  expect(imageMeta.properties).toMatchObject({
    hw_firmware_type: 'uefi',
    os_secure_boot: 'required',
    hw_tpm_version: '2.0',
  });
  expect(instance.flavor.extraSpecs).toEqual({
    'hw:cpu_policy': 'dedicated',
    'hw:numa_nodes': '2',
    'hw:mem_page_size': '2048',
  });
});

test.each([
  ['nocloud', 'files: [{ path: /a, content: b }]', /has files, which `seed: nocloud` does not carry/],
  ['injection', 'userData: "#!/bin/sh"', /has userData, which `seed: injection` does not carry/],
  ['none', 'keys: ["ssh-ed25519 AAAA me"]\nuserData: x', /has userData and keys, which `seed: none` does not carry/],
])('requestFromSpec refuses what `seed: %s` would lose', (seed, more, message) => {
  expect(() => request(`name: web\nseed: ${seed}\n${more}\n`)).toThrow(message);
  expect(request(`name: web\nseed: ${seed}\n`)).toMatchObject({
    seed,
    instance: { configDrive: seed === 'nocloud' ? 'True' : '' },
  });
});

test('requestFromSpec has the addresses of a guest injected where that is how it learns what it is', () => {
  const networks = 'networks: [{ bridge: br0, address: 10.0.0.5/24, gateway: 10.0.0.1 }]';
  const template = (seed: string) =>
    injectedNetworkTemplate(request(`name: web\nseed: ${seed}\n${networks}`).networkInfo);
  expect(template('injection')).toMatch(/address 10\.0\.0\.5\n[^]*gateway 10\.0\.0\.1\n/);
  expect(template('config-drive')).toBeUndefined();
});
