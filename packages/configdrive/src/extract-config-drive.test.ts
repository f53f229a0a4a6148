import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildConfigDrive } from './build-config-drive.ts';
import { extractConfigDrive } from './extract-config-drive.ts';

let directory: string;
let drive: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configdrive-'));
  drive = join(directory, 'disk.config');
});
afterEach(() => rm(directory, { recursive: true }));

const exec = hostExec();
const files = ['a', 'b/c', 'b/d/e'].map((path) => ({ path, content: new TextEncoder().encode(`of ${path}`) }));

test.each(['iso9660', 'vfat'] as const)(
  'extractConfigDrive writes what a %s drive holds, for its owner only',
  async (format) => {
    await buildConfigDrive({ files, path: drive, format, exec });
    const out = join(directory, 'out');
    expect(await extractConfigDrive(drive, out)).toMatchObject({ format, label: 'config-2', files });
    for (const { path, content } of files) {
      expect(new Uint8Array(await readFile(join(out, path)))).toEqual(content);
      expect((await stat(join(out, path))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(out, 'b'))).mode & 0o777).toBe(0o700);
  },
);

test('extractConfigDrive leaves a directory that holds something as it is', async () => {
  await buildConfigDrive({ files, path: drive, format: 'vfat', exec });
  await mkdir(join(directory, 'out'));
  await writeFile(join(directory, 'out', 'mine'), '');
  await expect(extractConfigDrive(drive, join(directory, 'out'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
  expect((await readdir(directory)).toSorted()).toEqual(['disk.config', 'out']);
  expect(await readdir(join(directory, 'out'))).toEqual(['mine']);
});

test('extractConfigDrive stops when it is told to, and leaves nothing', async () => {
  await buildConfigDrive({ files, path: drive, format: 'vfat', exec });
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(extractConfigDrive(drive, join(directory, 'out'), { signal })).rejects.toThrow('enough');
  expect(await readdir(directory)).toEqual(['disk.config']);
});

test('extractConfigDrive refuses an image whose names lead elsewhere', async () => {
  await buildConfigDrive({
    files: [{ path: 'xx/yy', content: new Uint8Array(3) }],
    path: drive,
    format: 'iso9660',
    exec,
  });
  const image = await readFile(drive);
  const [name, hostile] = ['xx', '..'].map((text) => Buffer.from(text, 'utf16le').swap16());
  for (let at = image.indexOf(name ?? ''); at >= 0; at = image.indexOf(name ?? '', at)) hostile?.copy(image, at);
  await writeFile(drive, image);
  const refused = extractConfigDrive(drive, join(directory, 'out'));
  await expect(refused).rejects.toMatchObject({ code: 'UNREADABLE_DRIVE', message: /named "\.\."/ });
  expect(await readdir(directory)).toEqual(['disk.config']);
});
