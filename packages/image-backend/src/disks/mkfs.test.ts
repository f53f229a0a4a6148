import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseMkfs, ephemeralNames, type MkfsConfig, type MkfsRequest } from './mkfs.ts';

const command = (request: Partial<MkfsRequest>, config: MkfsConfig = {}) => {
  const { program, args } = chooseMkfs({ label: 'ephemeral0', ...request }, config);
  return [program, ...args('/t')].join(' ');
};

test.each([
  [{ osType: 'linux' }, 'mkfs.ext4 -F -L ephemeral0 /t'],
  [{ osType: 'windows' }, 'mkfs.ntfs -F -L ephemeral0 /t'],
  [{ osType: 'other' }, 'mkfs.vfat -n ephemeral0 /t'],
  [{ osType: null }, 'mkfs.vfat -n ephemeral0 /t'],
  [{ osType: 'toString' }, 'mkfs.vfat -n ephemeral0 /t'],
  [{ osType: 'linux', format: 'ext2' }, 'mkfs.ext2 -L ephemeral0 /t'],
  [{ osType: 'windows', format: 'ext3' }, 'mkfs.ext3 -F -L ephemeral0 /t'],
  [{ format: 'xfs', label: 'data' }, 'mkfs.xfs -L data /t'],
])('%j is made as Nova makes it', (request, expected) => {
  expect(command(request)).toBe(expected);
});

test('configured commands win, then the format of the disk, then the configured format', () => {
  const virtMkfs = { linux: 'mk linux %(fs_label)s %(target)s', default: 'mk any %(target)s' };
  const config = { virtMkfs, defaultEphemeralFormat: 'ext3' };
  expect(command({ osType: 'linux', format: 'xfs' }, config)).toBe('mk linux ephemeral0 /t');
  expect(command({ osType: 'windows' }, config)).toBe('mk any /t');
  expect(command({ osType: 'linux' }, { defaultEphemeralFormat: 'ext3' })).toBe('mkfs.ext3 -F -L ephemeral0 /t');
  expect(command({ format: 'xfs' }, { defaultEphemeralFormat: 'ext3' })).toBe('mkfs.xfs -L ephemeral0 /t');
});

test('what cannot be a command is refused', () => {
  for (const config of [{ virtMkfs: { default: ' ' } }, { defaultEphemeralFormat: '../evil' }]) {
    expect(() => command({}, config)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  }
});

test('a target is one argument whatever is in it', () => {
  fc.assert(
    fc.property(fc.string(), (target) => {
      const { args } = chooseMkfs({ label: 'l' }, { virtMkfs: { default: 'mk -o x=%(target)s %(target)s' } });
      expect(args(target)).toEqual(['-o', `x=${target}`, target]);
    }),
  );
});

test('bases have Nova’s name, and one that only the same command and label have', () => {
  const requests: MkfsRequest[] = [
    { label: 'ephemeral0', osType: 'linux' },
    { label: 'ephemeral1', osType: 'linux' },
    { label: 'ephemeral0', format: 'ext3' },
    { label: 'ephemeral0' },
  ];
  const names = requests.map((request) => ephemeralNames(20, chooseMkfs(request, {}), {}, request.osType));
  expect(new Set(names.map(([first]) => first))).toEqual(new Set(['ephemeral_20_0706d66']));
  const own = names.map(([, second]) => second);
  expect(new Set(own).size).toBe(own.length);
  for (const name of own) expect(name).toMatch(/^ephemeral_20_[0-9a-f]{7}$/);
});
