import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInImages } from './built-in.ts';
import { forArchitecture, lookUp, readCatalogue } from './catalogue.ts';
import { isCatalogueName } from './catalogue-name.ts';
import { resolveImage } from './resolve-image.ts';

const content = Buffer.from('an image');
const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');

/**
 * The paths of a mirror that has each image of the catalogue with its checksum file, in the form that it is declared
 * with.
 */
function mirrorOf(arch: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [name, image] of Object.entries(builtInImages)) {
    const { url, checksum } = forArchitecture(name, image, arch);
    const file = url.slice(url.lastIndexOf('/') + 1);
    if (!checksum) continue;
    const hex = hash(checksum.algorithm);
    const lines = {
      sums: `${'0'.repeat(hex.length)}  other.qcow2\n${hex}  ${file}\n`,
      bsd: `# ${file}\n${checksum.algorithm.toUpperCase()} (${file}) = ${hex}\n`,
      bare: `${hex}\n`,
    };
    files.set(new URL(url).pathname, 'an image').set(new URL(checksum.url).pathname, lines[checksum.format]);
  }
  return files;
}

let directory: string;
let server: Server;
let origin: string;
let own: string;
beforeAll(async () => {
  const files = mirrorOf('x86_64');
  server = createServer((request, response) => {
    const text = files.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  directory = await mkdtemp(join(tmpdir(), 'spawner-catalogue-'));
  own = join(directory, 'images.yaml');
  const mirrored = JSON.stringify(builtInImages).replaceAll(/https:\/\/[^/"]+/g, origin);
  await writeFile(own, mirrored);
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

test.each(Object.keys(builtInImages))(
  '%s is found with its published checksum on a mirror of the same layout',
  async (name) => {
    const catalogue = await readCatalogue([own]);
    const found = await resolveImage(catalogue, name, { arch: 'x86_64' });
    expect(found.source.url.startsWith(`${origin}/`)).toBe(true);
    expect(found.source.url).not.toContain('{arch}');
    expect(found.checksum?.hex).toBe(hash(found.checksum?.algorithm ?? ''));
    expect(found.image).toMatchObject({ format: 'qcow2', user: expect.any(String) as string });
    expect(isCatalogueName(name)).toBe(true);
  },
);

test('offline, nobody is asked', async () => {
  const found = await resolveImage(await readCatalogue(), 'debian/13', { offline: true, arch: 'aarch64' });
  expect(found).toMatchObject({
    source: { type: 'http', url: 'https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-arm64.qcow2' },
  });
  expect(found.checksum).toBeUndefined();
});

test('a checksum file that is not there, or has not the image, is named', async () => {
  const at = (path: string) => ({
    url: `${origin}/x/none.qcow2`,
    checksum: { url: `${origin}${path}`, algorithm: 'sha512', format: 'sums' } as const,
  });
  const missing = { 'my/one': at('/none'), 'my/other': at('/images/cloud/trixie/latest/SHA512SUMS') };
  const wanted = { code: 'IMAGE_UNAVAILABLE' };
  await expect(resolveImage(missing, 'my/one')).rejects.toMatchObject({
    ...wanted,
    message: expect.stringContaining('404') as string,
  });
  await expect(resolveImage(missing, 'my/other')).rejects.toMatchObject({
    ...wanted,
    message: expect.stringContaining('no sha512 of "none.qcow2"') as string,
  });
});

test('unknown names and architectures say what there is', async () => {
  const catalogue = await readCatalogue();
  expect(() => lookUp(catalogue, 'debian/1')).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND', fix: expect.stringContaining('debian/13') as string }),
  );
  await expect(resolveImage(catalogue, 'debian/13', { arch: 'vax' })).rejects.toMatchObject({
    fix: 'It is for x86_64, aarch64.',
  });
});

test('a broken catalogue is refused with its place', async () => {
  const path = join(directory, 'broken.yaml');
  await writeFile(path, 'my/one: { url: "ftp://x/y" }\n');
  await expect(readCatalogue([path])).rejects.toThrow(/broken\.yaml" is not valid.*http or https/s);
});

test.each([
  ['debian/13', true],
  ['./debian/13', false],
  ['images/disk.qcow2', false],
  ['disk.qcow2', false],
  ['/images/debian', false],
  ['https://a/b', false],
])('isCatalogueName of %s is %s', (text, answer) => {
  expect(isCatalogueName(text)).toBe(answer);
});
