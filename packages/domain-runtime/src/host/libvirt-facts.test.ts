import { Capabilities, DomainCapabilities, parse } from '@spawnkit/guest-config';
import { expect, test } from 'vitest';
import { libvirtFacts } from './libvirt-facts.ts';

const capabilities = parse(
  Capabilities,
  `<capabilities>
    <host>
      <uuid>8e182517-b78b-4234-978d-65ba8cb1b678</uuid>
      <cpu><arch>x86_64</arch><vendor>AMD</vendor></cpu>
      <topology>
        <cells num='1'>
          <cell id='0'>
            <memory unit='KiB'>1048576</memory>
            <pages unit='KiB' size='4'>262144</pages>
            <pages unit='KiB' size='2048'>0</pages>
            <cpus num='2'><cpu id='0' siblings='0,3'/><cpu id='3' siblings='0,3'/></cpus>
          </cell>
        </cells>
      </topology>
    </host>
    <guest>
      <os_type>hvm</os_type>
      <arch name='x86_64'>
        <wordsize>64</wordsize>
        <machine maxCpus='255'>pc-i440fx-7.2</machine>
        <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
        <domain type='qemu'/>
      </arch>
    </guest>
    <guest><os_type>exe</os_type><arch name='x86_64'><wordsize>64</wordsize><domain type='lxc'/></arch></guest>
  </capabilities>`,
);

const machine = (more: { loader?: string; models?: readonly string[] }) =>
  parse(
    DomainCapabilities,
    `<domainCapabilities>
      <path>/usr/bin/qemu-system-x86_64</path>
      <domain>qemu</domain>
      <arch>x86_64</arch>
      <os supported='yes'>${more.loader ?? ''}</os>
      <cpu>
        <mode name='custom' supported='yes'>
          ${(more.models ?? []).map((name) => `<model usable='yes'>${name}</model>`).join('')}
        </mode>
      </cpu>
    </domainCapabilities>`,
  );
const loader = (type: string, secure: string) => `<loader supported='yes'>
  <enum name='type'><value>rom</value><value>${type}</value></enum><enum name='secure'><value>${secure}</value></enum>
</loader>`;
const answer = (...machines: readonly DomainCapabilities[]) => ({
  emulator: '/usr/bin/qemu-system-x86_64',
  libVersion: { major: 9, minor: 0, micro: 2 },
  hypervisorVersion: { major: 7, minor: 2, micro: 22 },
  capabilities,
  machines,
});

test('libvirtFacts reads versions, architectures, machine types and NUMA cells', () => {
  expect(libvirtFacts(answer(machine({})))).toEqual({
    arch: 'x86_64',
    cpuVendor: 'AMD',
    emulator: '/usr/bin/qemu-system-x86_64',
    libvirtVersion: 9_000_002,
    hypervisorVersion: 7_002_022,
    guests: [
      { arch: 'x86_64', machines: [{ name: 'pc-i440fx-7.2' }, { name: 'pc', canonical: 'pc-i440fx-7.2' }] },
      { arch: 'x86_64', machines: [] },
    ],
    supportsUefi: false,
    supportsSecureBoot: false,
    cpuModelNames: [],
    numaCells: [
      {
        id: 0,
        cpus: [0, 3],
        pageSizesKiB: [4, 2048],
        memoryMiB: 1024,
        pages: [
          { sizeKiB: 4, total: 262_144 },
          { sizeKiB: 2048, total: 0 },
        ],
        siblings: [[0, 3]],
      },
    ],
    hostUuid: '8e182517-b78b-4234-978d-65ba8cb1b678',
  });
});

test('libvirtFacts takes UEFI, secure boot and CPU models from whichever machine type has them', () => {
  const machines = [
    machine({ loader: loader('pflash', 'no'), models: ['qemu64', 'EPYC'] }),
    machine({ loader: loader('none', 'yes'), models: ['qemu64', 'Snowridge'] }),
  ];
  expect(libvirtFacts(answer(...machines))).toMatchObject({
    supportsUefi: true,
    supportsSecureBoot: true,
    cpuModelNames: ['qemu64', 'EPYC', 'Snowridge'],
  });
  const unsupported = loader('pflash', 'yes').replace("'yes'", "'no'");
  expect(libvirtFacts(answer(machine({ loader: unsupported })))).toMatchObject({
    supportsUefi: false,
    supportsSecureBoot: false,
  });
});
