import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Exec, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostileImages, qcow2Header } from '../../test/hostile-images.ts';
import { type TempCache, tempCache } from '../../test/temp-cache.ts';
import { qcow2Backend } from '../qcow2-backend.ts';
import { rawBackend } from '../raw-backend.ts';
import { diskBytes, IMAGE_BYTES } from '../testing/images.ts';

const CANARY = 'a line of the host that no guest may see';
const exec = hostExec();

let temp: TempCache;
let victim: string;
beforeEach(async () => {
  temp = await tempCache();
  victim = temp.at('victim');
  await writeFile(victim, CANARY.padEnd(4096, '.'));
});
afterEach(() => temp.remove());

/** No tool may be run on what is not known to be safe; only locks are. */
function forbidden(): { readonly exec: Exec; readonly run: string[] } {
  const run: string[] = [];
  return {
    run,
    exec: (file, args, options) => {
      if (file !== 'flock') run.push([file, ...args].join(' '));
      return exec(file, args, options);
    },
  };
}

test.each(hostileImages.map((image) => [`${image.name}${image.kin ? ` (${image.kin})` : ''}`, image] as const))(
  '%s is refused however it is declared, before any tool opens it',
  async (_, { make, codes }) => {
    await make(temp.at('hostile'), victim);
    const { exec: watched, run } = forbidden();
    for (const forceRawImages of [false, true]) {
      for (const declaredFormat of forceRawImages ? [undefined, 'qcow2', 'vmdk'] : [undefined, 'raw', 'ami']) {
        const cache = temp.cache({ exec: watched, forceRawImages, limits: { maxBytes: 32n * IMAGE_BYTES } });
        const pulled = cache.pull(
          temp.disk('hostile', { imageId: 'hostile', ...(declaredFormat ? { declaredFormat } : {}) }),
        );
        const error: unknown = await pulled.catch((one: unknown) => one);
        expect(error).toMatchObject({ name: 'ImageBackendError', code: expect.stringMatching(codes.join('|')) });
        expect(String(error)).not.toContain(CANARY);
      }
    }
    expect(run).toEqual([]);
    expect(await temp.cached()).toEqual([]);
  },
);

test.each(hostileImages.filter(({ leaks }) => leaks).map((image) => [image.name, image] as const))(
  '%s would show a host file to whoever trusts it',
  async (_, { make }) => {
    await make(temp.at('hostile'), victim);
    await exec('qemu-img', ['convert', '-O', 'raw', temp.at('hostile'), temp.at('leaked')]);
    expect((await readFile(temp.at('leaked'))).includes(CANARY)).toBe(true);
  },
);

test('what is hostile is refused from a server, too, and by nobody trusted later', async () => {
  const [hostile] = hostileImages;
  if (!hostile) throw new Error('there are hostile images');
  await hostile.make(temp.at('hostile'), victim);
  const bytes = await readFile(temp.at('hostile'));
  const server = createServer((_, response) => response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const _ of [1, 2]) {
      const pulled = temp.cache().pull({ source: { type: 'http', url }, kind: 'disk', imageId: 'x' });
      await expect(pulled).rejects.toMatchObject({ code: 'UNSAFE_IMAGE' });
    }
    expect(await temp.cached()).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** CVE-2026-24708: a tool that guesses the format of a raw disk believes what its guest wrote there. */
test('a raw disk that its guest made look like another image stays raw to every tool', async () => {
  await temp.image('good.raw');
  await mkdir(join(temp.instancesPath, 'uuid'));
  const disk = { instanceId: 'uuid', name: 'disk' };
  const backend = rawBackend({ instancesPath: temp.instancesPath, exec });
  const base = await temp.cache().pull(temp.disk('good.raw', { declaredFormat: 'raw' }));
  const { path } = await backend.create({ disk, base, sizeBytes: IMAGE_BYTES });
  const header = await qcow2Header(temp.at('header'), victim);
  {
    await using file = await open(path, 'r+');
    await file.write(header, 0, header.length, 0);
  }
  const written = await readFile(path);
  await backend.createSnapshot({ disk, snapshot: 'hostile' });
  await backend.resize({ disk, sizeBytes: 2n * IMAGE_BYTES, growFileSystem: true });
  await backend.extract({ disk, target: temp.at('out.raw'), format: 'raw' });
  await backend.extract({ disk, target: temp.at('out.qcow2'), format: 'qcow2' });
  expect((await readFile(temp.at('out.raw'))).equals(Buffer.concat([written, Buffer.alloc(Number(IMAGE_BYTES))]))).toBe(
    true,
  );
  const info = await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', temp.at('out.qcow2')]);
  expect(JSON.parse(info.stdout)).not.toHaveProperty('backing-filename');
  await backend.rollback({ disk, snapshot: 'hostile' });
  expect((await readFile(path)).equals(written)).toBe(true);
  for (const name of ['out.raw', 'out.qcow2']) expect((await readFile(temp.at(name))).includes(CANARY)).toBe(false);
});

/** The same for what lies behind an overlay: the format of a base is written down and never guessed. */
test('an overlay of a raw image that looks like another one shows its bytes', async () => {
  const header = await qcow2Header(temp.at('header'), victim);
  const bytes = diskBytes();
  header.copy(bytes, 0, 0, 400);
  await temp.image('mixed.raw', bytes);
  await expect(temp.cache().pull(temp.disk('mixed.raw', { declaredFormat: 'raw' }))).rejects.toMatchObject({
    code: 'FORMAT_MISMATCH',
  });
  await mkdir(join(temp.instancesPath, 'uuid'));
  await temp.image('good.raw');
  const base = await temp.cache().pull(temp.disk('good.raw'));
  const backend = qcow2Backend({ instancesPath: temp.instancesPath, exec });
  const source = await backend.create({ disk: { instanceId: 'uuid', name: 'disk' }, base, sizeBytes: null });
  const info = JSON.parse((await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', source.path])).stdout);
  expect(info['backing-filename-format']).toBe('raw');
  expect((await readdir(join(temp.instancesPath, '_base'))).length).toBe(2);
});
