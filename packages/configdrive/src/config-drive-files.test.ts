import { inspect } from 'node:util';
import { Secret } from '@spawnkit/effects';
import { parseNetworkInfo } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { aRequest } from '../test/a-request.ts';
import { configDriveFiles } from './config-drive-files.ts';
import type { Json } from './json-text.ts';
import type { MetadataRequest } from './metadata-request.ts';

const text = (request: MetadataRequest, path: string) => {
  const file = configDriveFiles(request).find((candidate) => candidate.path === path);
  return file && Buffer.from(file.content).toString('utf8');
};

test('configDriveFiles asks for a new random seed for every meta_data.json from 2013-04-04 on', () => {
  const asked: number[] = [];
  const files = configDriveFiles(
    aRequest({
      randomSeed: (bytes) => {
        asked.push(bytes);
        return new Uint8Array(bytes).fill(asked.length);
      },
    }),
  );
  const seeds = files
    .filter(({ path }) => path.endsWith('/meta_data.json'))
    .map(({ content }) => (JSON.parse(Buffer.from(content).toString()) as { random_seed?: string }).random_seed);
  expect(asked).toEqual(Array.from({ length: 9 }, () => 512));
  expect(new Set(seeds).size).toBe(10);
  expect(seeds[0]).toBeUndefined();
});

test('configDriveFiles reveals the admin password only in the content of meta_data.json', () => {
  const request = aRequest({ adminPassword: new Secret('canary-4711') });
  const files = configDriveFiles(request);
  expect(inspect(files, { depth: 9 })).not.toContain('canary-4711');
  const carriers = files.filter(({ content }) => Buffer.from(content).includes('canary-4711'));
  expect(carriers).toHaveLength(10);
  expect(carriers.every(({ path }) => path.endsWith('/meta_data.json'))).toBe(true);
  expect(carriers[0]?.content).toEqual(carriers[0]?.content);
});

test('extra metadata replaces what stands before it and yields to what stands after', () => {
  const request = aRequest({ extraMetadata: { uuid: 'other', hostname: 'ignored', mine: [1] } });
  expect(JSON.parse(text(request, 'openstack/latest/meta_data.json') ?? '')).toMatchObject({
    uuid: 'other',
    hostname: 'web.novalocal',
    mine: [1],
  });
});

test('a VIF of a libvirt network without subnets becomes DHCP when the request says so', () => {
  const networkInfo = parseNetworkInfo([
    { id: 'port', address: 'fa:16:3e:00:00:01', network: { bridge: 'default' }, type: 'network' },
  ]);
  const path = 'openstack/latest/network_data.json';
  expect(JSON.parse(text(aRequest({ networkInfo }), path) ?? '')).toEqual({ links: [], networks: [], services: [] });
  expect(JSON.parse(text(aRequest({ networkInfo, dhcpWithoutSubnets: true }), path) ?? '')).toEqual({
    links: [{ id: 'interface0', vif_id: 'port', type: 'phy', mtu: null, ethernet_mac_address: 'fa:16:3e:00:00:01' }],
    networks: [{ id: 'network0', type: 'ipv4_dhcp', link: 'interface0', network_id: null }],
    services: [],
  });
});

test('dynamic vendor data stands beside the static document in vendor_data2.json only', () => {
  const request = aRequest({ vendorData: { static: { a: 1 }, dynamic: { site: { b: 2 } } } });
  expect(text(request, 'openstack/latest/vendor_data.json')).toBe('{"a": 1}');
  expect(text(request, 'openstack/latest/vendor_data2.json')).toBe('{"static": {"a": 1}, "site": {"b": 2}}');
});

test('an EC2 drive without ids and key names the instance by its number', () => {
  expect(JSON.parse(text(aRequest(), 'ec2/latest/meta-data.json') ?? '')).toMatchObject({
    'instance-id': 'i-00000007',
    'ami-id': null,
    'block-device-mapping': { ami: 'sda1' },
  });
});

const nested = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as Json;

test.each<[string, Partial<MetadataRequest>, string]>([
  ['metadata that is no number', { extraMetadata: { a: { b: Number.NaN } } }, 'INVALID_METADATA'],
  ['metadata that is no JSON', { extraMetadata: { a: [JSON.parse as never] } }, 'INVALID_METADATA'],
  ['vendor data without end', { vendorData: { static: nested } }, 'INVALID_METADATA'],
  ['100 MiB of user data', { userData: new Uint8Array(100 * 1024 * 1024) }, 'TOO_LARGE'],
  [
    '10,000 files',
    { files: Array.from({ length: 10_000 }, (_, index) => ({ path: `/f${index}`, content: '' })) },
    'TOO_LARGE',
  ],
  ['33 MiB of files', { files: [{ path: '/f', content: new Uint8Array(33 * 1024 * 1024) }] }, 'TOO_LARGE'],
  ['a relative injected path', { files: [{ path: 'etc/x', content: '' }] }, 'INVALID_METADATA'],
  ['".." in an injected path', { files: [{ path: '/etc/../x', content: '' }] }, 'INVALID_METADATA'],
  ['a newline in an injected path', { files: [{ path: '/etc/x\ny', content: '' }] }, 'INVALID_METADATA'],
])('configDriveFiles refuses %s', (_, changes, code) => {
  expect(() => configDriveFiles(aRequest(changes))).toThrow(expect.objectContaining({ code }));
});
