import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { hostExec, Secret } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PullRequest } from '../image-cache.ts';
import type { GlanceSource } from '../image-source.ts';
import { openImageCache } from '../open-image-cache.ts';
import { diskBytes } from '../testing/images.ts';
import { readGlanceImage } from './glance-source.ts';

const imageId = '155d900f-4e14-4e4c-a73d-069cbf4541e6';
const bytes = diskBytes();
const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
const good = {
  id: imageId,
  name: 'debian',
  status: 'active',
  disk_format: 'raw',
  container_format: 'bare',
  size: bytes.length,
  checksum: hash('md5'),
  os_hash_algo: 'sha512',
  os_hash_value: hash('sha512'),
  direct_url: `rbd://fsid/images/${imageId}/snap`,
  locations: [{ url: 'file:///images/x', metadata: {} }, { url: `rbd://fsid/images/${imageId}/snap` }],
  hw_disk_bus: 'scsi',
};

let directory: string;
let server: Server;
let endpoint: string;
/** What the service answers about the image, and what it was asked. */
let answer: unknown = good;
let seen: IncomingMessage[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glance-'));
  answer = good;
  seen = [];
  server = createServer((request, response) => {
    seen.push(request);
    if (request.url === `/image/v2/images/${imageId}`)
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    else if (request.url === `/image/v2/images/${imageId}/file`) response.end(bytes);
    else response.writeHead(404).end('<html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const cache = () => openImageCache({ instancesPath: directory, exec: hostExec() });
const pull = (source: Partial<GlanceSource> = {}, more: Partial<PullRequest> = {}) =>
  cache().pull({ source: { type: 'glance', endpoint, imageId, ...source }, kind: 'disk', ...more });
const base = () => readdir(join(directory, '_base')).catch(() => []);

test('an image has Nova’s name in the cache, and is asked for once', async () => {
  const image = await pull();
  expect(image.name).toBe(createHash('sha1').update(imageId).digest('hex'));
  expect(await readFile(image.path)).toEqual(bytes);
  expect(seen).toHaveLength(2);
  expect((await pull()).fromCache).toBe(true);
  expect(seen).toHaveLength(2);
});

test('the endpoint may end in slashes or with the version', async () => {
  for (const end of ['', '/', '/v2', '/v2/']) {
    await readGlanceImage({ type: 'glance', endpoint: `${endpoint}${end}`, imageId });
  }
  expect(new Set(seen.map(({ url }) => url))).toEqual(new Set([`/image/v2/images/${imageId}`]));
});

test('the strongest hash that the service tells is checked, and a given one besides', async () => {
  for (const wrong of [
    { os_hash_value: '0'.repeat(128) },
    { os_hash_algo: 'sha256', os_hash_value: '0'.repeat(64) },
    { os_hash_algo: 'blake2b', checksum: '0'.repeat(32) },
  ]) {
    answer = { ...good, ...wrong };
    await expect(pull()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  }
  answer = good;
  const checksum = { algorithm: 'md5', hex: '0'.repeat(32) } as const;
  await expect(pull({ checksum })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(await base()).toEqual([]);
  answer = { ...good, os_hash_algo: null, os_hash_value: null };
  await pull({ checksum: { algorithm: 'md5', hex: hash('md5') } });
});

test('the format that the service tells is what the image must have, unless another is given', async () => {
  answer = { ...good, disk_format: 'qcow2' };
  await expect(pull()).rejects.toMatchObject({ code: 'FORMAT_MISMATCH' });
  await pull({}, { declaredFormat: 'raw' });
});

test.each([
  ['an image that is not there', '', { imageId: 'other' }, /404/],
  ['an image that is not ready', { ...good, status: 'queued' }, {}, /is queued and not active/],
  ['an error page', '<html>Sign in</html>', {}, /no JSON object/],
  ['an answer about nothing', {}, {}, /no image/],
  ['an endless answer', 'x'.repeat(2 * 1024 ** 2), {}, /more than 1048576 bytes/],
])('%s is an error that says so', async (_, told, source, message) => {
  answer = told;
  await expect(pull(source)).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringMatching(message),
  });
  expect(await base()).toEqual([]);
});

test.each([
  [{ imageId: '../../etc' }],
  [{ imageId: '' }],
  [{ imageId: 'a/b' }],
  [{ endpoint: 'ftp://host' }],
  [{ endpoint: 'http://user:canary@host' }],
])('%j is refused before anything is asked', async (wrong) => {
  const refused = pull(wrong);
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(refused).rejects.not.toThrow(/canary/);
  expect(seen).toHaveLength(0);
});

test('a token goes to the service and shows nowhere', async () => {
  const image = await pull({ token: new Secret('canary-token') });
  expect(seen.map(({ headers }) => headers['x-auth-token'])).toEqual(['canary-token', 'canary-token']);
  expect(await readFile(`${image.path}.json`, 'utf8')).not.toContain('canary');
  const error: unknown = await pull({ token: 'canary-token', imageId: 'other' }).catch((one: unknown) => one);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
});

test('what the service says of an image is read for whoever wants to clone it', async () => {
  expect(await readGlanceImage({ type: 'glance', endpoint, imageId })).toMatchObject({
    id: imageId,
    name: 'debian',
    diskFormat: 'raw',
    sizeBytes: BigInt(bytes.length),
    checksum: { algorithm: 'sha512', hex: hash('sha512') },
    locations: ['file:///images/x', `rbd://fsid/images/${imageId}/snap`],
    properties: { hw_disk_bus: 'scsi' },
  });
});
