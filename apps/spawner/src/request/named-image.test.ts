import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@spawnkit/effects';
import { expect, onTestFinished, test } from 'vitest';
import { withNamedImage } from './named-image.ts';
import { requestFromSpec, type SpawnRequest } from './request.ts';
import type { Settings } from '../settings.ts';
import { parseSpec } from '../spec/read-spec.ts';

function requestOf(image: string): SpawnRequest {
  return requestFromSpec({ spec: parseSpec(`name: web\nimage: ${image}\n`), directory: '/' });
}

function hostWith(imageCatalogues: readonly string[] = []) {
  // Of the settings, no other is looked at.
  return { settings: { imageCatalogues } as Partial<Settings> as Settings, clock: systemClock };
}

async function serve(answer: (path: string) => string | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const text = answer(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('a name gives address, checksum, format, properties and user; what the specification says wins', async () => {
  const hex = 'ab'.repeat(32);
  const origin = await serve((path) => (path === '/sums' ? `${hex}  a.qcow2\n` : undefined));
  const directory = await mkdtemp(join(tmpdir(), 'spawner-named-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const catalogue = join(directory, 'images.yaml');
  const checksum = { url: `${origin}/sums`, algorithm: 'sha256' };
  const properties = { hw_disk_bus: 'scsi', hw_vif_model: 'e1000' };
  const image = { url: `${origin}/a.qcow2`, checksum, format: 'qcow2', user: 'me', properties };
  await writeFile(catalogue, JSON.stringify({ 'my/1': image }));

  const request = requestOf('{ source: my/1, properties: { hw_disk_bus: ide } }');
  expect(await withNamedImage(hostWith([catalogue]), request)).toMatchObject({
    image: { source: { type: 'http', url: `${origin}/a.qcow2` }, checksum: { algorithm: 'sha256', hex } },
    imageMeta: { diskFormat: 'qcow2', properties: { hw_disk_bus: 'ide', hw_vif_model: 'e1000' } },
    loginUser: 'me',
  });
  const offline = await withNamedImage(hostWith([catalogue]), request, { offline: true });
  expect(offline.image).toEqual({ source: { type: 'http', url: `${origin}/a.qcow2` } });
  await expect(withNamedImage(hostWith(), requestOf('my/1'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test("the image service's format and properties come with its image", async () => {
  const told = {
    id: 'abc',
    status: 'active',
    disk_format: 'raw',
    hw_disk_bus: 'scsi',
    os_hash_algo: 'sha512',
    created_at: '2026-01-01',
    tags: [],
  };
  const origin = await serve((path) => (path === '/v2/images/abc' ? JSON.stringify(told) : undefined));
  const request = requestOf(`glance+${origin}/abc`);
  const named = await withNamedImage(hostWith(), request);
  expect(named.imageMeta).toMatchObject({ diskFormat: 'raw', properties: { hw_disk_bus: 'scsi' } });
  expect(named.imageMeta.properties).toEqual({ hw_disk_bus: 'scsi' });
  expect(await withNamedImage(hostWith(), request, { offline: true })).toBe(request);
});

test('any other image is left as it is', async () => {
  const request = requestOf('a.qcow2');
  expect(await withNamedImage(hostWith(), request)).toBe(request);
});
