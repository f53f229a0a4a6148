import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConfigDrive } from './build-config-drive.ts';
import { ConfigDriveError } from './errors.ts';
import { readFat } from './fat-reader.ts';
import { isIso, readIso } from './iso-reader.ts';
import { inspectConfigDrive } from './read-config-drive.ts';

let directory: string;
const images = { iso9660: Buffer.alloc(0), vfat: Buffer.alloc(0) };
const files = ['openstack/latest/meta_data.json', 'openstack/content/0000', 'ec2/latest/meta-data.json'].map(
  (path) => ({
    path,
    content: new TextEncoder().encode(path.repeat(99)),
  }),
);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configdrive-'));
  for (const format of ['iso9660', 'vfat'] as const) {
    const path = join(directory, format);
    await buildConfigDrive({ files, path, format, exec: hostExec() });
    images[format] = await readFile(path);
  }
});
afterAll(() => rm(directory, { recursive: true }));

/** Where the structures lie that a reader follows: descriptors and directories, boot sector, FAT and directories. */
const structures = { iso9660: [16 * 2048, 40 * 2048], vfat: [0, 160 * 1024] } as const;

test.each(['iso9660', 'vfat'] as const)('a damaged %s image is read or refused, never worse', (format) => {
  const read = format === 'iso9660' ? readIso : readFat;
  const [start, end] = structures[format];
  const damage = fc.array(fc.tuple(fc.integer({ min: start, max: end }), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(damage, (changes) => {
      const image = images[format];
      const before = changes.map(([at]) => image[at] ?? 0);
      for (const [at, byte] of changes) image[at] = byte;
      try {
        read(image);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigDriveError);
      } finally {
        changes.forEach(([at], index) => {
          image[changes[changes.length - 1 - index]?.[0] ?? at] = before[changes.length - 1 - index] ?? 0;
        });
      }
    }),
    { numRuns: 300 },
  );
  expect(read(image(format)).files).toHaveLength(files.length);
});

test.each(['iso9660', 'vfat'] as const)('a %s image cut short is refused', async (format) => {
  const path = join(directory, `short-${format}`);
  await writeFile(path, image(format).subarray(0, 36 * 1024));
  await expect(inspectConfigDrive(path)).rejects.toMatchObject({ code: 'UNREADABLE_DRIVE' });
});

test('a file that is no drive is refused', async () => {
  const path = join(directory, 'text');
  await writeFile(path, 'no drive\n'.repeat(9000));
  await expect(inspectConfigDrive(path)).rejects.toMatchObject({ code: 'UNREADABLE_DRIVE' });
  expect(isIso(Buffer.alloc(10))).toBe(false);
});

test('isoinfo and mdir list the same files as our readers', async () => {
  const exec = hostExec();
  const iso = await exec('isoinfo', ['-f', '-J', '-i', join(directory, 'iso9660')]);
  const vfat = await exec('mdir', ['-/', '-b', '-i', join(directory, 'vfat'), '::']);
  const expected = files.map(({ path }) => path).toSorted();
  const listed = (text: string, prefix: RegExp) => {
    const names = text.split('\n').map((line) => line.replace(prefix, ''));
    return names.filter((name) => expected.includes(name)).toSorted();
  };
  expect(listed(iso.stdout, /^\//)).toEqual(expected);
  expect(listed(vfat.stdout, /^::\//)).toEqual(expected);
});

test('an ISO without Joliet is read by its plain names', async () => {
  const path = join(directory, 'plain.iso');
  const tree = join(directory, 'plain');
  await hostExec()('mkdir', ['-p', `${tree}/sub`]);
  await writeFile(join(tree, 'sub', 'FILE.TXT'), 'plain');
  await hostExec()('genisoimage', ['-quiet', '-V', 'plain', '-o', path, tree]);
  const contents = await inspectConfigDrive(path);
  expect(contents.label).toBe('plain');
  expect(contents.files.map((found) => found.path)).toEqual(['SUB/FILE.TXT']);
});

function image(format: 'iso9660' | 'vfat'): Buffer {
  return images[format];
}
