import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requestFromNova } from './nova-request.ts';

const vectors = join(import.meta.dirname, '../../../../packages/guest-designer/test/vectors/guestxml');

interface Recorded {
  readonly id: string;
  readonly input: {
    readonly instance: { readonly id: number; readonly uuid: string; readonly root_gb: number };
    readonly image_meta: object;
    readonly network_info: readonly { readonly address: string }[] | null;
    readonly block_device_info: object | null;
  };
}

const recorded = readdirSync(vectors)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => JSON.parse(readFileSync(join(vectors, name), 'utf8')) as readonly Recorded[]);

test(`what Nova handed its driver in ${recorded.length} recorded cases is read`, () => {
  expect(recorded.length).toBeGreaterThan(100);
  for (const { id, input } of recorded) {
    const { instance, image_meta, network_info, block_device_info } = input;
    const nova = { instance, image_meta, network_info, block_device_info, image: 'disk.qcow2' };
    const request = requestFromNova(nova, { directory: '/images' });
    expect(request.instance.uuid, id).toBe(instance.uuid);
    expect(request.name, id).toBe(`instance-${instance.id.toString(16).padStart(8, '0')}`);
    expect(request.image?.source, id).toEqual({ type: 'file', path: '/images/disk.qcow2' });
    expect(
      request.networkInfo.map(({ address }) => address),
      id,
    ).toEqual((network_info ?? []).map(({ address }) => address));
    expect(request.rootDiskBytes, id).toBe(instance.root_gb > 0 ? BigInt(instance.root_gb) << 30n : undefined);
    expect(request.spec, id).toBeUndefined();
  }
});

const flavor = { name: 'm1', vcpus: 1, memory_mb: 512, root_gb: 0 };
const instance = {
  id: 1,
  uuid: '4f05ee0e-5429-5f49-9587-86d1267d28d6',
  memory_mb: 512,
  vcpus: 1,
  image_ref: '208a1309-92e9-50c9-b7f6-61cc9f639102',
};

test("keys, user data, files and the image service's hash come with it", () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const request = requestFromNova(
    {
      instance: { ...instance, key_data: 'ssh-rsa AAAA me\n', user_data: base64('#!/bin/sh\n') },
      flavor,
      image_meta: { disk_format: 'qcow2', os_hash_algo: 'sha512', os_hash_value: 'AB'.repeat(64) },
      image: 'glance+http://127.0.0.1:9292/208a1309-92e9-50c9-b7f6-61cc9f639102',
      injected_files: [['/etc/motd', base64('hello')]],
    },
    { directory: '/' },
  );
  expect(request).toMatchObject({
    keys: ['ssh-rsa AAAA me'],
    userData: '#!/bin/sh\n',
    files: [{ path: '/etc/motd', content: 'hello' }],
    image: {
      source: { type: 'glance', endpoint: 'http://127.0.0.1:9292', imageId: '208a1309-92e9-50c9-b7f6-61cc9f639102' },
      checksum: { algorithm: 'sha512', hex: 'ab'.repeat(64) },
    },
  });
});

test.each([
  ['another key', { instance, flavour: {} }, /flavour/],
  ['no instance', {}, /instance/],
  ['files that are not base64', { instance, flavor, injected_files: [['/a', '{']] }, /injected_files/],
  ['a broken flavor', { instance, flavor: { ...flavor, vcpus: 0 } }, /vcpus/],
])('requestFromNova refuses %s', (_, input, message) => {
  expect(() => requestFromNova(input, { directory: '/' })).toThrow(message);
});
