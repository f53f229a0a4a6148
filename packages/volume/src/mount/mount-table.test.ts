import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMountInfo, readMountTable } from './mount-table.ts';

describe('parseMountInfo', () => {
  test('reads lines of the kernel, optional fields and escapes included', () => {
    const text = `22 1 254:1 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw
36 22 0:30 / /mnt/with\\040blank rw,nosuid - nfs4 nfs.example.com:/a\\134b rw,vers=4.2
`;
    expect(parseMountInfo(text)).toEqual([
      { mountPoint: '/', type: 'ext4', source: '/dev/vda1' },
      { mountPoint: '/mnt/with blank', type: 'nfs4', source: 'nfs.example.com:/a\\b' },
    ]);
  });

  test('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseMountInfo(text))));
  });

  test('finds the mounts of this host', async () => {
    expect(await readMountTable()).toContainEqual(expect.objectContaining({ mountPoint: '/proc', type: 'proc' }));
  });
});
