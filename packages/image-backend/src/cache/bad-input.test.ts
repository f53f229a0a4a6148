import { chmod, mkdir, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asNobody, withSmallFileSystem } from '../../test/host.ts';
import { type TempCache, tempCache } from '../../test/temp-cache.ts';
import { diskBytes, IMAGE_BYTES } from '../testing/images.ts';

let temp: TempCache;
beforeEach(async () => {
  temp = await tempCache();
});
afterEach(() => temp.remove());

const exec = hostExec();

const html = Buffer.from('<html><body>503 Service Unavailable</body></html>');
test.each([
  ['an empty file', 'NOT_AN_IMAGE', Buffer.alloc(0), {}],
  ['an empty file that is declared raw', 'NOT_AN_IMAGE', Buffer.alloc(0), { declaredFormat: 'raw' }],
  ['an error page', 'NOT_AN_IMAGE', html, {}],
  ['an error page that is declared raw', 'NOT_AN_IMAGE', html, { declaredFormat: 'raw' }],
  ['an error page that is declared qcow2', 'NOT_AN_IMAGE', html, { declaredFormat: 'qcow2' }],
  ['bytes that show nothing and are not declared', 'NOT_AN_IMAGE', Buffer.alloc(4096), {}],
  ['a raw disk that is declared qcow2', 'FORMAT_MISMATCH', diskBytes(), { declaredFormat: 'qcow2' }],
  ['a raw disk that is declared ami', 'FORMAT_MISMATCH', diskBytes(), { declaredFormat: 'ami' }],
  ['more than allowed', 'TOO_LARGE', diskBytes(), { maxBytes: IMAGE_BYTES - 1n }],
  ['an image of VirtualBox', 'FORMAT_UNSUPPORTED', vdi(), {}],
])('%s is %s', async (_, code, bytes, more) => {
  await temp.image('bad', bytes);
  await expect(temp.cache().pull(temp.disk('bad', more))).rejects.toMatchObject({ code, name: 'ImageBackendError' });
  expect(await temp.cached()).toEqual([]);
});

test.each([
  ['a backing file', 'UNSAFE_IMAGE', ['-b', '/etc/hostname', '-F', 'raw', '-u']],
  ['data elsewhere', 'UNSAFE_IMAGE', ['-o', 'data_file=DATA']],
  ['a size beyond all limits', 'TOO_LARGE', ['-o', 'cluster_size=2M']],
])('a qcow2 image with %s is %s', async (_, code, args) => {
  const size = code === 'TOO_LARGE' ? '17T' : '1M';
  const withPaths = args.map((arg) => arg.replace('DATA', temp.at('data')));
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', ...withPaths, temp.at('bad'), size]);
  for (const more of [{}, { declaredFormat: 'qcow2' }]) {
    await expect(temp.cache().pull(temp.disk('bad', more))).rejects.toMatchObject({ code });
  }
  await expect(temp.cache().pull(temp.disk('bad', { declaredFormat: 'raw' }))).rejects.toMatchObject({
    code: 'FORMAT_MISMATCH',
  });
  expect(await temp.cached()).toEqual([]);
});

test('a cut-off qcow2 image is NOT_AN_IMAGE', async () => {
  await temp.image('a.raw', Buffer.alloc(1024 ** 2, 1));
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', temp.at('a.raw'), temp.at('bad')]);
  await truncate(temp.at('bad'), 600_000);
  await expect(temp.cache().pull(temp.disk('bad'))).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
  expect(await temp.cached()).toEqual([]);
});

test('a directory, a missing file, a link to nothing, a pipe and a relative path are refused', async () => {
  await mkdir(temp.at('directory'));
  await symlink(temp.at('nothing'), temp.at('link'));
  await exec('mkfifo', [temp.at('pipe')]);
  for (const name of ['directory', 'missing', 'link', 'pipe']) {
    const pulled = temp.cache().pull(temp.disk(name));
    await expect(pulled).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', context: { path: temp.at(name) } });
  }
  const relative = temp.cache().pull({ source: { type: 'file', path: 'a.raw' }, kind: 'disk' });
  await expect(relative).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await temp.cached()).toEqual([]);
});

test('a file that this user may not read is refused', async (context) => {
  await temp.image('closed.raw');
  await chmod(temp.at('closed.raw'), 0);
  await mkdir(join(temp.instancesPath, 'locks'), { recursive: true });
  await mkdir(join(temp.instancesPath, '_base'));
  for (const name of ['locks', '_base']) await chmod(join(temp.instancesPath, name), 0o777);
  await asNobody(context, async () => {
    await expect(temp.cache().pull(temp.disk('closed.raw', { imageId: 'x' }))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('EACCES'),
    });
  });
  expect(await temp.cached()).toEqual([]);
});

test('a full file system is NO_SPACE, before and while it fills', async (context) => {
  await temp.image('ones', Buffer.alloc(1024 ** 2, 1));
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', temp.at('ones'), temp.at('small.qcow2')]);
  await withSmallFileSystem(context, temp.instancesPath, async () => {
    await expect(temp.cache().pull(temp.disk('ones', { declaredFormat: 'raw' }))).rejects.toMatchObject({
      code: 'NO_SPACE',
      context: { neededBytes: '1048576' },
    });
    // What a converted image takes is not known before.
    const forced = temp.cache({ forceRawImages: true });
    await expect(forced.pull(temp.disk('small.qcow2'))).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await temp.cached()).toEqual([]);
  });
});

test('a failing conversion is TOOL_FAILED, a missing one TOOL_MISSING', async () => {
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', temp.at('a.qcow2'), '1M']);
  const failing: Exec = (file, args, options) => exec(file === 'qemu-img' ? 'false' : file, args, options);
  const missing: Exec = async (file) => {
    throw new EffectsError('EXEC_NOT_FOUND', `"${file}" is not installed`, { file });
  };
  for (const [broken, code] of [
    [failing, 'TOOL_FAILED'],
    [missing, 'TOOL_MISSING'],
  ] as const) {
    const pulled = temp.cache({ exec: broken, forceRawImages: true }).pull(temp.disk('a.qcow2'));
    await expect(pulled).rejects.toMatchObject({ code });
    expect(await temp.cached()).toEqual([]);
  }
});

test('an aborted pull rejects with the reason', async () => {
  await temp.image('a.raw', Buffer.alloc(64 * 1024 ** 2, diskBytes()));
  const reason = new Error('enough');
  const abort = new AbortController();
  const onProgress = () => abort.abort(reason);
  await expect(temp.cache().pull(temp.disk('a.raw', { onProgress, signal: abort.signal }))).rejects.toBe(reason);
  await expect(temp.cache().pull(temp.disk('a.raw', { signal: abort.signal }))).rejects.toBe(reason);
  expect(await temp.cached()).toEqual([]);
});

function vdi(): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.writeUInt32LE(0xbeda107f, 64);
  return bytes;
}
