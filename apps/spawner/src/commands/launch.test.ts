import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { specOf } from './launch.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-launch-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('options alone make a specification, seen from the working directory', async () => {
  const { spec } = await specOf(undefined, {
    name: 'web',
    image: 'disk.qcow2',
    memory: '1GiB',
    vcpus: 2,
    network: ['default', 'user'],
  });
  expect(spec).toMatchObject({
    name: 'web',
    image: { source: resolve('disk.qcow2') },
    flavor: { memory: 1n << 30n, vcpus: 2 },
    networks: [{ network: 'default' }, { user: true }],
  });
});

test('options win over the specification, and leave the rest of it', async () => {
  const path = join(directory, 'web.yaml');
  await writeFile(path, 'name: web\nimage: { source: a.qcow2, sha256: "0" }\nflavor: { memory: 1GiB, disk: 2GiB }\n');
  const image = 'https://images.example/b.qcow2';
  const { spec, directory: from } = await specOf(path, { image, memory: '2GiB' });
  expect(from).toBe(directory);
  expect(spec.image).toEqual({ source: image, properties: {} });
  expect(spec.flavor).toMatchObject({ memory: 2n << 30n, disk: 2n << 30n });
});

test('a wrong option is named as the key it stands for', async () => {
  await expect(specOf(undefined, { name: 'web', image: 'a', memory: '512' })).rejects.toThrow(
    /flavor\.memory: expected a number with its unit/,
  );
  await expect(specOf(undefined, { image: 'a' })).rejects.toMatchObject({
    code: 'USAGE',
    fix: expect.stringContaining('spawner launch --name web') as string,
  });
});
