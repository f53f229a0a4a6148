import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildConfigDrive, removeConfigDrive } from './build-config-drive.ts';
import type { DriveFormat } from './drive-limits.ts';
import { inspectConfigDrive, readConfigDrive } from './read-config-drive.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configdrive-'));
});
afterEach(() => rm(directory, { recursive: true }));

const exec = hostExec();
const file = (path: string, content = 'x') => ({ path, content: new TextEncoder().encode(content) });
const target = () => join(directory, 'disk.config');
const formats: DriveFormat[] = ['iso9660', 'vfat'];
const absent = (...names: string[]): Exec => {
  return async (name, args, options) => {
    if (!names.includes(name)) return exec(name, args, options);
    throw new EffectsError('EXEC_NOT_FOUND', `${name} was not found`, { file: name });
  };
};

async function isInstalled(tool: string): Promise<boolean> {
  try {
    await exec(tool, ['--version']);
    return true;
  } catch {
    return false;
  }
}

test.each(formats)('a %s drive is 0600, labelled config-2, alone in its directory and reads back', async (format) => {
  const files = [
    file('openstack/latest/meta_data.json', '{}'),
    file('README', 'top'),
    file('ec2/2009-04-04/a long name with spaces and MiXed case.json', 'y'.repeat(9000)),
    file('empty', ''),
  ];
  const built = await buildConfigDrive({ files, path: target(), format, exec });
  expect(await readdir(directory)).toEqual(['disk.config']);
  const { mode, size } = await stat(target());
  expect(mode & 0o777).toBe(0o600);
  expect(built).toEqual({ path: target(), tool: expect.any(String), bytes: BigInt(size) });
  const contents = await inspectConfigDrive(target());
  expect(contents).toMatchObject({ format, label: 'config-2' });
  expect(contents.files).toEqual(files.toSorted((one, other) => (one.path < other.path ? -1 : 1)));
});

test('equal contents lie once on an ISO, whatever their names mean to the tool', async () => {
  const content = 'z'.repeat(100_000);
  const files = ['a=b', 'sub=dir/c', 'sub=dir/-d', '@e', 'f,g #h'].map((path) => file(path, content));
  const { bytes } = await buildConfigDrive({ files, path: target(), format: 'iso9660', exec });
  expect(bytes).toBeLessThan(600_000n);
  expect(await readConfigDrive(target())).toEqual(files.toSorted((one, other) => (one.path < other.path ? -1 : 1)));
});

test('of equal paths the last content wins', async () => {
  for (const format of formats) {
    const files = [file('a/b', 'first'), file('a/b', 'last')];
    await buildConfigDrive({ files, path: target(), format, exec });
    expect(await readConfigDrive(target())).toEqual([file('a/b', 'last')]);
  }
});

test('equal files and an equal time give equal vfat bytes', async () => {
  const files = [
    file('openstack/latest/meta_data.json', '{}'),
    file('ec2/latest/meta-data.json', '{}'),
    file('top', 'x'),
  ];
  const build = async (name: string) => {
    const path = join(directory, name);
    await buildConfigDrive({ files, path, format: 'vfat', exec, modified: new Date('2026-01-02T03:04:06Z') });
    return readFile(path);
  };
  const first = await build('first');
  // Two seconds are what FAT tells apart.
  await new Promise((resolve) => setTimeout(resolve, 2100));
  expect((await build('second')).equals(first)).toBe(true);
});

test.each(formats)('any files of a %s drive read back as they were given', async (format) => {
  const name = fc.stringMatching(/^[a-z0-9_-][a-zA-Z0-9._ -]{0,38}[a-z0-9]$/).map((text) => text.toLowerCase());
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `d/${parts.join('/')}.f`);
  const contents = fc.dictionary(path, fc.uint8Array({ maxLength: 5000 }), { maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(contents, async (tree) => {
      const paths = Object.keys(tree);
      fc.pre(!paths.some((one) => paths.some((other) => other.startsWith(`${one}/`))));
      const files = Object.entries(tree).map(([at, content]) => ({ path: at, content: new Uint8Array(content) }));
      await buildConfigDrive({ files, path: target(), format, exec });
      const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
      expect(await readConfigDrive(target())).toEqual(sorted);
    }),
    { numRuns: 15 },
  );
});

test.each([
  '/etc/passwd',
  '../up',
  'a/../b',
  'a//b',
  'a/./b',
  'a\nb',
  'a\0b',
  'a:b',
  'dot.',
  '',
  'x'.repeat(65),
  '1/2/3/4/5/6/7/8/9',
])('buildConfigDrive refuses the path %j and writes nothing', async (path) => {
  const refused = buildConfigDrive({ files: [file('ok'), file(path)], path: target(), format: 'iso9660', exec });
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_PATH', context: { path } });
  expect(await readdir(directory)).toEqual([]);
});

test('a path that is file and directory, or differs by case only, is refused', async () => {
  for (const paths of [
    ['a', 'a/b'],
    ['a/b', 'a'],
    ['a/b', 'A/c'],
  ]) {
    const files = paths.map((path) => file(path));
    const refused = buildConfigDrive({ files, path: target(), format: 'vfat', exec });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_PATH' });
  }
});

test('more than fits is refused before anything is written', async () => {
  const many = Array.from({ length: 4097 }, (_, index) => file(`f${index}`));
  const large = [{ path: 'large', content: new Uint8Array(64 * 1024 * 1024) }];
  for (const files of [many, large]) {
    const refused = buildConfigDrive({ files, path: target(), format: 'vfat', exec });
    await expect(refused).rejects.toMatchObject({ code: 'TOO_LARGE' });
  }
  expect(await readdir(directory)).toEqual([]);
});

test('a failing tool leaves the drive that was there and no temporary files', async () => {
  await writeFile(target(), 'before');
  const broken: Exec = (_, args, options) => exec('false', args, options);
  const failed = buildConfigDrive({ files: [file('a')], path: target(), format: 'iso9660', exec: broken });
  await expect(failed).rejects.toMatchObject({ code: 'BUILD_FAILED', context: { exec: 'EXEC_FAILED' } });
  expect(await readdir(directory)).toEqual(['disk.config']);
  expect(await readFile(target(), 'utf8')).toBe('before');
});

test('the next ISO tool is used when one is missing, and the result says which', async () => {
  const request = { files: [file('a')], path: target(), format: 'iso9660' as const };
  expect(await buildConfigDrive({ ...request, exec: absent('genisoimage') })).toMatchObject({ tool: 'mkisofs' });
  for (const tool of ['mkisofs', 'xorrisofs']) {
    if (!(await isInstalled(tool))) {
      process.stderr.write(`skipped, an ISO by ${tool}: it is not installed\n`);
      continue;
    }
    const files = [file('a=b', 'x'), file('c/d', 'x'), file('c/ä', 'y')];
    expect(await buildConfigDrive({ ...request, files, isoTools: ['no-such-tool', tool], exec })).toMatchObject({
      tool,
    });
    expect(await inspectConfigDrive(target())).toMatchObject({ label: 'config-2', files });
  }
  const none = buildConfigDrive({ ...request, exec: absent('genisoimage', 'mkisofs', 'xorrisofs') });
  await expect(none).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  const noMcopy = buildConfigDrive({ ...request, format: 'vfat', exec: absent('mcopy') });
  await expect(noMcopy).rejects.toMatchObject({ code: 'TOOL_MISSING' });
});

test('an aborted build rejects with the reason and leaves nothing', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const slow: Exec = (_, __, options) => {
    setTimeout(() => abort.abort(reason), 20);
    return exec('sleep', ['30'], options);
  };
  const request = { files: [file('a')], path: target(), format: 'iso9660' as const, signal: abort.signal };
  await expect(buildConfigDrive({ ...request, exec: slow })).rejects.toBe(reason);
  expect(await readdir(directory)).toEqual([]);
});

test('a path with characters that tools give meaning to is only a path', async () => {
  const odd = join(directory, "@@1 =;'");
  await mkdir(odd);
  for (const format of formats) {
    await buildConfigDrive({ files: [file('a')], path: join(odd, 'disk.config'), format, exec });
    expect(await readConfigDrive(join(odd, 'disk.config'))).toEqual([file('a')]);
  }
});

test('removeConfigDrive removes a drive and the rest of a killed build, again and again, and nothing else', async () => {
  await writeFile(target(), 'drive');
  await mkdir(join(directory, '.disk.config.Ab12Cd'));
  await writeFile(join(directory, '.disk.config.Ab12Cd', 'image'), 'half');
  await writeFile(join(directory, '.disk.config.other-thing'), 'kept');
  await removeConfigDrive(target());
  await removeConfigDrive(target());
  expect(await readdir(directory)).toEqual(['.disk.config.other-thing']);
  await removeConfigDrive(join(directory, 'gone', 'disk.config'));
});
