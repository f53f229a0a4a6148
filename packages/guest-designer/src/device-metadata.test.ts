import { Domain, parse } from '@spawnkit/guest-config';
import { parseNetworkInfo } from '@spawnkit/instance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviceMetadataOf } from './device-metadata.ts';
import { pciAddress, pciText } from './pci-address.ts';

/** As libvirt answers it after define. */
const domain = parse(
  Domain,
  `<domain type="kvm">
    <name>tagged</name>
    <memory unit="KiB">524288</memory>
    <os><type arch="x86_64" machine="pc">hvm</type></os>
    <devices>
      <disk type="file" device="disk">
        <source file="/a"/><target dev="vda" bus="virtio"/>
        <address type="pci" domain="0x0000" bus="0x00" slot="0x06" function="0x0"/>
      </disk>
      <disk type="block" device="disk">
        <source dev="/dev/b"/><target dev="sda" bus="scsi"/>
        <address type="drive" controller="0" bus="0" target="0" unit="1"/>
      </disk>
      <disk type="file" device="cdrom"><target dev="sdb" bus="sata"/></disk>
      <interface type="bridge">
        <mac address="fa:16:3e:00:00:01"/><source bridge="br0"/>
        <address type="pci" domain="0x0000" bus="0x00" slot="0x03" function="0x0"/>
      </interface>
      <interface type="hostdev" managed="yes">
        <mac address="fa:16:3e:00:00:02"/>
        <source><address type="pci" domain="0x0000" bus="0x0a" slot="0x00" function="0x1"/></source>
        <address type="pci" domain="0x0000" bus="0x00" slot="0x04" function="0x0"/>
      </interface>
      <hostdev mode="subsystem" type="pci" managed="yes">
        <source><address domain="0x0000" bus="0x0b" slot="0x00" function="0x0"/></source>
        <address type="pci" domain="0x0000" bus="0x00" slot="0x05" function="0x0"/>
      </hostdev>
    </devices>
  </domain>`,
);
const vif = (last: number, more = {}) => ({ id: `p${last}`, address: `fa:16:3e:00:00:0${last}`, network: {}, ...more });
const networkInfo = parseNetworkInfo([
  vif(1, { type: 'bridge' }),
  vif(2, { type: 'hw_veb', details: { vlan: '100' }, profile: { pci_slot: '0000:0a:00.1', trusted: 'True' } }),
  vif(3, { type: 'hostdev_physical', profile: { pci_slot: '0000:0b:00.0' } }),
]);

test('deviceMetadataOf tells tagged devices and cards with a VLAN, at their addresses in the guest', () => {
  const nicTags = { 'FA:16:3E:00:00:01': 'public', 'fa:16:3e:00:00:03': 'fast' };
  const diskTags = { vda: { tag: 'root' }, sda: { tag: 'data', volumeId: 'volume-1' } };
  expect(deviceMetadataOf(domain, { networkInfo, nicTags, diskTags })).toEqual([
    { kind: 'disk', bus: { type: 'pci', address: '0000:00:06.0' }, tags: ['root'] },
    { kind: 'disk', bus: { type: 'scsi' }, serial: 'volume-1', tags: ['data'] },
    {
      kind: 'nic',
      mac: 'fa:16:3e:00:00:01',
      bus: { type: 'pci', address: '0000:00:03.0' },
      tags: ['public'],
      vfTrusted: false,
    },
    {
      kind: 'nic',
      mac: 'fa:16:3e:00:00:02',
      bus: { type: 'pci', address: '0000:00:04.0' },
      vlan: 100,
      vfTrusted: true,
    },
    { kind: 'nic', mac: 'fa:16:3e:00:00:03', bus: { type: 'pci', address: '0000:00:05.0' }, tags: ['fast'] },
  ]);
});

test('deviceMetadataOf says nothing of devices that nobody tagged', () => {
  expect(deviceMetadataOf(domain, { networkInfo: networkInfo.slice(0, 1) })).toEqual([]);
  expect(deviceMetadataOf(domain, { networkInfo, diskTags: { sdz: { tag: 'gone' } } }).map(({ kind }) => kind)).toEqual(
    ['nic'],
  );
});

test('PCI addresses read back as they were written', () => {
  const numbers = fc.tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xff }), fc.nat({ max: 0x1f }), fc.nat({ max: 7 }));
  fc.assert(
    fc.property(numbers, ([pciDomain, bus, slot, fn]) => {
      const address = { domain: pciDomain, bus, slot, function: fn };
      expect(pciAddress(pciText(address))).toEqual(address);
    }),
  );
});
