import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestFromSpec } from './request.ts';
import { parseSpec } from '../spec/read-spec.ts';
import { findStoredRequest, readStoredRequest, storedFacts, writeStoredRequest } from './stored-request.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-stored-'));
});
afterEach(() => rm(directory, { recursive: true }));

const text = `name: web
image: { source: https://images.example/a.qcow2?signature=abc, sha256: "${'0'.repeat(64)}", properties: { hw_disk_bus: scsi } }
kernel: { source: vmlinuz, ramdisk: initrd.img, commandLine: quiet }
flavor: { vcpus: 2, memory: 1GiB, disk: 20GiB, ephemeral: 1GiB, swap: 64MiB, extraSpecs: { hw:cpu_sockets: '1' } }
networks: [{ network: default }, { bridge: br0, address: 10.0.0.2/24, gateway: 10.0.0.1, dns: [10.0.0.1], mtu: 1400 }]
keys: [ssh-ed25519 AAAA me]
userData: hello
files: [{ path: /etc/motd, content: hi }]
metadata: { role: web }
`;

test('a stored request is read back as it was, and nobody else may read it', async () => {
  const request = requestFromSpec({ spec: parseSpec(text), directory: '/specs' });
  await writeStoredRequest(directory, request);
  // What is undefined is left out of a file.
  expect(await readStoredRequest(directory)).toEqual(request);
  expect((await stat(join(directory, 'request.json'))).mode & 0o777).toBe(0o600);
});

test('an instance without a stored request says so', async () => {
  await expect(readStoredRequest(directory)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await findStoredRequest(directory)).toBeUndefined();
});

test.each(['{', '{"version":2}', '{"version":1,"instance":{}}'])('a stored request %s is refused', async (content) => {
  await writeFile(join(directory, 'request.json'), content);
  await expect(findStoredRequest(directory)).rejects.toMatchObject({ code: 'HOST_NOT_READY' });
});

test('storedFacts are what people see, and none for what cannot be read', async () => {
  expect(await storedFacts(directory)).toBeUndefined();
  await writeFile(join(directory, 'request.json'), '{');
  expect(await storedFacts(directory)).toBeUndefined();
  await writeStoredRequest(directory, requestFromSpec({ spec: parseSpec(text), directory: '/specs' }));
  // Without the signature that opens the image to anybody.
  expect(await storedFacts(directory)).toEqual({
    vcpus: 2,
    memoryMib: 1024,
    image: 'https://images.example/a.qcow2',
  });
});
