import { parseNetworkInfo } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { aRequest } from '../test/a-request.ts';
import type { MetadataRequest } from './metadata-request.ts';
import { noCloudFiles } from './no-cloud-files.ts';

const documents = (request: MetadataRequest) =>
  Object.fromEntries(noCloudFiles(request).map(({ path, content }) => [path, parse(Buffer.from(content).toString())]));

test('noCloudFiles describes the instance, and a network by its MAC', () => {
  const subnet = {
    cidr: '192.0.2.0/24',
    version: 4,
    gateway: { address: '192.0.2.1' },
    dns: [{ address: '192.0.2.53' }],
    ips: [{ address: '192.0.2.9', version: 4 }],
    routes: [{ cidr: '10.0.0.0/8', gateway: { address: '192.0.2.2' } }],
  };
  const slaac = {
    cidr: '2001:db8::/64',
    version: 6,
    ips: [{ address: '2001:db8::9' }],
    meta: { ipv6_address_mode: 'slaac' },
  };
  const networkInfo = parseNetworkInfo([
    { id: 'a', address: 'FA:16:3e:00:00:01', network: { subnets: [subnet, slaac], meta: { mtu: 1400 } } },
    {
      id: 'b',
      address: 'fa:16:3e:00:00:02',
      network: { subnets: [{ ...subnet, meta: { dhcp_server: '192.0.2.3' } }] },
    },
    { id: 'c', address: 'fa:16:3e:00:00:03', network: { bridge: 'default' }, type: 'network' },
  ]);
  const keypairs = [{ name: 'k', publicKey: 'ssh-ed25519 AAAA me\n' }];
  expect(documents(aRequest({ networkInfo, keypairs, dhcpWithoutSubnets: true }))).toEqual({
    'meta-data': {
      'instance-id': 'b65cee2f-8c69-4aeb-be2f-f79742548fc2',
      'local-hostname': 'web.novalocal',
      'public-keys': ['ssh-ed25519 AAAA me'],
    },
    'user-data': null,
    'network-config': {
      version: 2,
      ethernets: {
        interface0: {
          match: { macaddress: 'fa:16:3e:00:00:01' },
          'accept-ra': true,
          addresses: ['192.0.2.9/24'],
          routes: [
            { to: '0.0.0.0/0', via: '192.0.2.1' },
            { to: '10.0.0.0/8', via: '192.0.2.2' },
          ],
          nameservers: { addresses: ['192.0.2.53'] },
          mtu: 1400,
        },
        interface1: { match: { macaddress: 'fa:16:3e:00:00:02' }, dhcp4: true },
        interface2: { match: { macaddress: 'fa:16:3e:00:00:03' }, dhcp4: true },
      },
    },
  });
});

test('noCloudFiles leaves the network to cloud-init when there is nothing to say, and passes vendor data on', () => {
  const vendorData = { static: { 'cloud-init': { packages: ['curl'] } } };
  expect(noCloudFiles(aRequest({ vendorData })).map(({ path }) => path)).toEqual([
    'meta-data',
    'user-data',
    'vendor-data',
  ]);
  expect(documents(aRequest({ vendorData }))['vendor-data']).toEqual({ packages: ['curl'] });
});
