import { Domain, parse } from '@spawnkit/guest-config';
import { expect, test } from 'vitest';
import { liveDomain } from './live-domain.ts';

test('threads that are bound to one CPU have it alone, those that float have none', () => {
  const domain = parse(
    Domain,
    `<domain type='kvm'><name>x</name><uuid>3b2f7d6e-0d6e-4c53-9f6a-0f6f5c2b1a11</uuid>
      <cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='0-3'/><emulatorpin cpuset='5'/></cputune>
      <devices><hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0x3b' slot='0x02' function='0x1'/></source></hostdev></devices>
    </domain>`,
  );
  expect(liveDomain(domain)).toEqual({
    uuid: '3b2f7d6e-0d6e-4c53-9f6a-0f6f5c2b1a11',
    pinnedCpus: [4, 5],
    pciAddresses: ['0000:3b:02.1'],
  });
});

test('a domain that binds nothing holds nothing', () => {
  expect(liveDomain(parse(Domain, `<domain type='qemu'><name>x</name></domain>`))).toEqual({
    uuid: '',
    pinnedCpus: [],
    pciAddresses: [],
  });
});
