import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type Address,
  build,
  type Channel,
  type Disk,
  Domain,
  type DomainSnapshot,
  type GuestConfigErrorCode,
  type Hostdev,
  type Interface,
  parse,
  type Size,
  type StoragePool,
} from './index.ts';

/** The body is compiled and never run: the compiler is the judge. */
function compiles(body: () => unknown): void {
  expect(body).toBeTypeOf('function');
}

describe('the types of values', () => {
  test('a disk is narrowed by its type, with the default one for none', () => {
    compiles(() => {
      const disk = {} as Disk;
      switch (disk.type) {
        case 'network':
          expectTypeOf(disk.source?.protocol).not.toBeAny();
          // @ts-expect-error a network source has no file
          return disk.source?.file;
        case 'block':
          return disk.source?.dev;
        case undefined:
        case 'file':
          return disk.source?.file;
        case 'dir':
        case 'volume':
        case 'nvme':
        case 'vhostuser':
        case 'vhostvdpa':
          return undefined;
      }
      return disk satisfies never;
    });
  });

  test('wrong combinations of a discriminant and the rest are rejected', () => {
    compiles(() => [
      // @ts-expect-error a network disk has no file
      { type: 'network', source: { file: '/a' } } satisfies Disk,
      // @ts-expect-error a network source names its protocol
      { type: 'network', source: { name: 'pool/image' } } satisfies Disk,
      // @ts-expect-error a bridge is no network
      { type: 'bridge', source: { network: 'default' } } satisfies Interface,
      // @ts-expect-error a drive has no slot
      { type: 'drive', slot: 4 } satisfies Address,
      // @ts-expect-error a UNIX socket has no port
      { type: 'unix', source: { service: '4555' } } satisfies Channel,
      // @ts-expect-error a PCI device has a PCI address
      { mode: 'subsystem', type: 'pci', source: { vendor: { id: '0x1234' } } } satisfies Hostdev,
      // @ts-expect-error a Ceph pool is not mounted
      { type: 'rbd', target: { path: '/mnt' } } satisfies StoragePool,
    ]);
  });

  test('a case that is not looked at is an error', () => {
    compiles(() => {
      const address = {} as Address;
      if (address.type === 'pci') return address.slot;
      // @ts-expect-error all other addresses are left over
      return address satisfies never;
    });
  });

  test('a snapshot holds a domain of which all may be absent', () => {
    expectTypeOf<DomainSnapshot['domain']>().toExtend<Partial<Domain> | undefined>();
  });

  test('what an element must have is required', () => {
    compiles(() => {
      build(Domain, { type: 'kvm', name: 'a' });
      // @ts-expect-error a domain has a name
      build(Domain, { type: 'kvm' });
      // @ts-expect-error a disk's target has a device name
      build(Domain, { type: 'kvm', name: 'a', devices: { disks: [{ target: { bus: 'virtio' } }] } });
      // @ts-expect-error there is no such field
      build(Domain, { type: 'kvm', name: 'a', memroy: { value: 1n } });
    });
  });

  test('values have the type of what they mean', () => {
    const guest = {} as Domain;
    expectTypeOf(guest.memory?.value).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(guest.vcpu?.cpuset).toEqualTypeOf<readonly number[] | undefined>();
    expectTypeOf(guest.features?.acpi).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(guest.onCrash).exclude<undefined>().toExtend<string>();
    expectTypeOf(parse(Domain, '<domain type="kvm"><name>a</name></domain>')).toEqualTypeOf<Domain>();
    expectTypeOf<Size>().toExtend<NonNullable<Domain['memory']>>();
  });

  test('words of a closed list are checked, those of an open one are only suggested', () => {
    compiles(() => {
      build(Domain, { type: 'new', name: 'a' });
      // @ts-expect-error no such cache mode
      build(Domain, { type: 'kvm', name: 'a', devices: { disks: [{ driver: { cache: 'fast' } }] } });
    });
  });

  test('a passed-through device has the source of its type', () => {
    expectTypeOf<Extract<Hostdev, { type: 'mdev' }>['source']>().exclude<undefined>().toHaveProperty('address');
    expectTypeOf<GuestConfigErrorCode>().not.toEqualTypeOf<string>();
  });

  test('values are readonly', () => {
    compiles(() => {
      const guest = {} as Domain;
      // @ts-expect-error change a copy instead
      guest.name = 'b';
    });
  });
});
