import { randomBytes, randomUUID } from 'node:crypto';
import { parseInstance, parseNetworkInfo } from '@spawnkit/instance';
import type { GuestLinks, MetadataRequest } from '../src/index.ts';
import type { DebianLab } from './debian-guest.ts';

/** What the guest prints on its console, in one line, once it has everything. */
const report = [
  'echo "MARK $1',
  'hostname=$(hostname)',
  'user=$(id -un debian)',
  'key=$(cut -d" " -f2 /home/debian/.ssh/authorized_keys | tail -n 1)',
  'file=$(cat /etc/spawnkit-file)',
  'address=$(ip -4 -o address show dev eth0 | tr -s " " | cut -d" " -f4)',
  'route=$(ip route show default)"',
].join(' ');

/** The bond and the VLAN on it, as `bondedRequest` asks for them. */
const bondReport = [
  'echo "BOND $1',
  'mode=$(sed -n "s/^Bonding Mode: //p" /proc/net/bonding/bond0)',
  'members=$(grep -c "^Slave Interface" /proc/net/bonding/bond0)',
  'addresses=$(ip -4 -o address show | tr -s " " | cut -d" " -f2,4 | grep -E "^(bond0|vlan12)" | paste -sd" ")"',
].join(' ');

/** Text that only this boot can print. */
export const newMark = () => randomBytes(8).toString('hex');

/** What cloud-init says of failures, which it outlives: the line "finished" comes all the same. */
export const cloudInitFailure = /failed run of stage|Failed to run module|Traceback/;

/** A script for the guest's console, which prints the report under a mark. */
export function reportScript(mark: string): string {
  return `#!/bin/sh\nset -- ${mark}\n${report} >/dev/ttyS0\n[ ! -d /proc/net/bonding ] || ${bondReport} >/dev/ttyS0\n`;
}

/** What the report has to say. */
export function expectedReport({ publicKey, guestAddress, hostAddress }: DebianLab, mark: string): RegExp {
  const key = (publicKey.split(' ')[1] ?? '').replace(/[+/]/g, '\\$&');
  const facts = `hostname=marvin user=debian key=${key} file=from the drive`;
  return new RegExp(`MARK ${mark} ${facts} address=${guestAddress}/29 route=default via ${hostAddress} dev eth0`);
}

/** What the bond's report has to say. */
export function expectedBond(mark: string, vlan: string): RegExp {
  const addresses = `bond0 198.51.100.9/24 ${vlan} 203.0.113.9/24`;
  return new RegExp(`BOND ${mark} mode=fault-tolerance \\(active-backup\\) members=2 addresses=${addresses}`);
}

/** The same with two VIFs more, bundled, and a VLAN on the bundle. */
export function bondedRequest(
  lab: DebianLab,
  macs: readonly string[],
  changes: Partial<MetadataRequest>,
): MetadataRequest {
  const request = debianRequest(lab, changes);
  const vifs = macs.map((address, index) => ({
    id: `member${index}`,
    address,
    type: 'bridge',
    network: { bridge: lab.network },
  }));
  const [bondNetwork, vlanNetwork] = ['198.51.100', '203.0.113'].map((prefix) => {
    const subnets = [{ cidr: `${prefix}.0/24`, version: 4, ips: [{ address: `${prefix}.9` }] }];
    return parseNetworkInfo([{ id: 'x', address: lab.mac, network: { id: prefix, subnets } }])[0]?.network;
  });
  const links: GuestLinks = {
    bonds: [{ id: 'bond0', vifs: ['member0', 'member1'], mode: 'active-backup', monitorMs: 100, network: bondNetwork }],
    vlans: [{ id: 'vlan12', carrier: 'bond0', vlan: 12, network: vlanNetwork }],
  };
  return { ...request, networkInfo: [...request.networkInfo, ...parseNetworkInfo(vifs)], links };
}

/** A request for a guest with a static address, the lab's key, and a file. */
export function debianRequest(lab: DebianLab, changes: Partial<MetadataRequest>): MetadataRequest {
  return {
    instance: parseInstance({
      id: 1,
      uuid: randomUUID(),
      display_name: 'Marvin',
      hostname: 'marvin',
      memory_mb: 768,
      vcpus: 1,
      flavor: { name: 'debian', vcpus: 1, memory_mb: 768 },
    }),
    networkInfo: parseNetworkInfo([
      {
        id: randomUUID(),
        address: lab.mac,
        type: 'bridge',
        network: {
          id: randomUUID(),
          bridge: lab.network,
          meta: { mtu: 1400 },
          subnets: [
            {
              cidr: `${lab.hostAddress}/29`,
              version: 4,
              gateway: { address: lab.hostAddress },
              dns: [{ address: '192.0.2.53' }],
              ips: [{ address: lab.guestAddress }],
            },
          ],
        },
      },
    ]),
    keypairs: [{ name: 'test', publicKey: lab.publicKey }],
    files: [{ path: '/etc/spawnkit-file', content: 'from the drive' }],
    randomSeed: randomBytes,
    ...changes,
  };
}
