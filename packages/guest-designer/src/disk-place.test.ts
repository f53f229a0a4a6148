import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPlaces } from './disk-place.ts';
import type { DesignerError } from './errors.ts';

const disk = (name: string, bus: string, dev: string | undefined) => ({ name, info: { bus, dev, type: 'disk' } });
const refusal = (...disks: Parameters<typeof checkPlaces>[0]) => {
  try {
    checkPlaces(disks);
  } catch (error) {
    const { code, context } = error as DesignerError;
    return { code, name: context.name };
  }
  return undefined;
};

test('checkPlaces refuses two disks whose names have the same letters on a bus that counts by them', () => {
  expect(refusal(disk('disk', 'scsi', 'sda'), disk('/dev/vda', 'scsi', 'vda'))).toEqual({
    code: 'DISK_BUS_UNAVAILABLE',
    name: '/dev/vda',
  });
  expect(refusal(disk('disk', 'sata', 'sdab'), disk('other', 'sata', 'vdab1'))).toMatchObject({ name: 'other' });
  expect(refusal(disk('disk', 'scsi', 'sda'), disk('other', 'sata', 'sda'))).toBeUndefined();
  expect(refusal(disk('disk', 'virtio', 'vda'), disk('other', 'virtio', 'sda'))).toBeUndefined();
});

test('checkPlaces knows that IDE ends at hdd', () => {
  expect(refusal(disk('disk', 'ide', 'hdd'))).toBeUndefined();
  expect(refusal(disk('disk', 'ide', 'hde'))).toMatchObject({ name: 'disk' });
});

test('checkPlaces takes every set of different names of one prefix', () => {
  const letters = fc.stringMatching(/^[a-z]{1,3}$/);
  fc.assert(
    fc.property(fc.uniqueArray(letters, { maxLength: 20 }), (names) => {
      checkPlaces(names.map((name) => disk(name, 'scsi', `sd${name}`)));
    }),
  );
});
