import { describe, expect, expectTypeOf, test } from 'vitest';
import { build, type Disk, Domain, type GuestConfigErrorCode, type Hostdev, parse, type Size } from './index.ts';

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
